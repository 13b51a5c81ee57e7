// Looks at the page as it is and says what is wrong with it, one sentence each. Playwright calls it with the colours' least contrast.
(least) => {
  const faults = [];
  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const named = (element) => element.tagName.toLowerCase() + (element.id ? `#${element.id}` : `.${element.className}`);

  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) faults.push(`${headings} h1 instead of 1`);
  if (!document.documentElement.lang) faults.push("the page has no language");
  if (!document.title) faults.push("the page has no title");
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  for (const id of new Set(ids.filter((each, at) => ids.indexOf(each) !== at))) faults.push(`the id ${id} stands twice`);
  const { scrollWidth } = document.scrollingElement;
  if (scrollWidth > innerWidth) faults.push(`the page is ${scrollWidth} px wide in a window of ${innerWidth} px`);

  // What a finger or a mouse has to hit: 24 px each way (WCAG 2.5.8), links inside of text excepted.
  for (const control of document.querySelectorAll("button, summary, select, .button, .chip, input:not([type=hidden])")) {
    const target = control.closest("label") ?? control;
    const { width, height } = target.getBoundingClientRect();
    const isHidden = control.closest(".hidden-text") || !shown(target);
    if (!isHidden && (width < 24 || height < 24)) faults.push(`${named(control)} is only ${width} × ${height} px`);
  }

  // What a field shows until something is typed is read whole, or it helps nobody.
  for (const field of document.querySelectorAll("input[placeholder]")) {
    if (!shown(field)) continue;
    const { value } = field;
    field.value = field.placeholder;
    if (field.scrollWidth > field.clientWidth) faults.push(`"${field.placeholder}" is cut in ${named(field)}`);
    field.value = value;
  }

  // Contrast of every visible text with what lies behind it.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return { channels: [red, green, blue], alpha: alpha / 255 };
  };
  const over = (top, below) => top.channels.map((each, at) => each * top.alpha + below[at] * (1 - top.alpha));
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own.alpha === 1 ? own.channels : over(own, behind(element.parentElement));
  };
  const light = (channels) => {
    const [red, green, blue] = channels.map((each) => (each / 255 <= 0.04045 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !shown(element) || element.closest(".hidden-text, :disabled")) continue;
    const ground = behind(element);
    const [darker, lighter] = [light(over(rgba(getComputedStyle(element).color), ground)), light(ground)].sort((one, other) => one - other);
    const contrast = (lighter + 0.05) / (darker + 0.05);
    if (contrast < least) faults.push(`"${texts.currentNode.data.trim().slice(0, 40)}" in ${named(element)} has a contrast of only ${contrast.toFixed(2)}`);
  }
  return faults;
};

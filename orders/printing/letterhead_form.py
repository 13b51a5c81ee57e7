"""The form of the letterhead, with the picture that becomes its logo."""

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.models import Letterhead
from orders.printing.logo import png_of


class LetterheadForm(forms.ModelForm):
    picture = forms.FileField(
        label=_("logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
        help_text=_(
            "A PNG or JPEG file of at most 1 MB. Leave it empty to keep the logo as it is."
        ),
    )
    remove_logo = forms.BooleanField(label=_("remove the logo"), required=False)

    class Meta:
        model = Letterhead
        fields = ["name", "address", "phone", "email", "website", "footer"]

    def clean_picture(self) -> bytes | None:
        file = self.cleaned_data["picture"]
        return png_of(file, file.size) if file else None

    def save(self, commit: bool = True) -> Letterhead:
        if picture := self.cleaned_data["picture"]:
            self.instance.logo = picture
        elif self.cleaned_data.get("remove_logo"):
            self.instance.logo = None
        saved: Letterhead = super().save(commit)
        return saved

"""What the demo store sells, and who buys there. Invented names; any likeness is chance."""

GIFT_CARD = "Gift cards"
PRODUCTS: list[tuple[str, str, list[tuple[str, str, str]], str]] = [
    # title, product type, (variant, SKU, price), description
    (
        "Display for Fono 12",
        "Displays",
        [("Black", "DSP-F12-BK", "89.90"), ("White", "DSP-F12-WH", "89.90")],
        "OLED, with frame and adhesive.",
    ),
    (
        "Display for Fono 13",
        "Displays",
        [("Black", "DSP-F13-BK", "109.90")],
        "OLED, with frame and adhesive.",
    ),
    (
        "Display for Galaxis S21",
        "Displays",
        [("Grey", "DSP-GS21-GR", "149.00"), ("Violet", "DSP-GS21-VI", "149.00")],
        "Original part.",
    ),
    (
        "Display for Tabula 10",
        "Displays",
        [("Default Title", "DSP-TAB10", "119.00")],
        "With digitiser.",
    ),
    (
        "Battery for Fono 11",
        "Batteries",
        [("Default Title", "BAT-F11", "24.90")],
        "3,110 mAh, with pull tabs.",
    ),
    (
        "Battery for Fono 12",
        "Batteries",
        [("Default Title", "BAT-F12", "26.90")],
        "2,815 mAh, with pull tabs.",
    ),
    (
        "Battery for Galaxis S21",
        "Batteries",
        [("Default Title", "BAT-GS21", "27.50")],
        "4,000 mAh.",
    ),
    (
        "Battery for Notebuch 13",
        "Batteries",
        [("Default Title", "BAT-NB13", "64.90")],
        "49.9 Wh, with screws.",
    ),
    (
        "Charging port for Fono 12",
        "Connectors",
        [("Black", "PRT-F12-BK", "18.90"), ("Blue", "PRT-F12-BL", "18.90")],
        "With microphone.",
    ),
    (
        "USB-C port for Galaxis S21",
        "Connectors",
        [("Default Title", "PRT-GS21", "15.90")],
        "Sub-board with microphone.",
    ),
    (
        "DC jack for Notebuch 13",
        "Connectors",
        [("Default Title", "JCK-NB13", "12.50")],
        "With cable.",
    ),
    (
        "Rear camera for Fono 12",
        "Cameras",
        [("Default Title", "CAM-F12-R", "39.90")],
        "Dual lens.",
    ),
    (
        "Front camera for Fono 13",
        "Cameras",
        [("Default Title", "CAM-F13-F", "29.90")],
        "With sensor flex.",
    ),
    (
        "Back glass for Fono 12",
        "Housings",
        [("Black", "BKG-F12-BK", "14.90"), ("Red", "BKG-F12-RD", "14.90")],
        "With large camera hole.",
    ),
    (
        "Keyboard for Notebuch 13",
        "Keyboards",
        [("German", "KBD-NB13-DE", "54.90"), ("English", "KBD-NB13-EN", "54.90")],
        "With backlight.",
    ),
    (
        "Fan for Notebuch 13",
        "Cooling",
        [("Default Title", "FAN-NB13", "22.90")],
        "Left and right.",
    ),
    (
        "Thermal paste 4 g",
        "Cooling",
        [("Default Title", "TPS-4G", "7.90")],
        "12.5 W/mK, with spatula.",
    ),
    (
        "Analogue stick for Spielbox controller",
        "Consoles",
        [("Default Title", "STK-SBX", "6.90")],
        "Two pieces.",
    ),
    (
        "HDMI port for Spielbox",
        "Consoles",
        [("Default Title", "HDM-SBX", "11.90")],
        "To be soldered.",
    ),
    (
        "Tempered glass",
        "Protection",
        [
            ("Fono 12", "GLS-F12", "9.90"),
            ("Fono 13", "GLS-F13", "9.90"),
            ("Galaxis S21", "GLS-GS21", "9.90"),
        ],
        "9H.",
    ),
    (
        "Silicone case",
        "Protection",
        [
            ("Black", "CSE-BK", "14.90"),
            ("Green", "CSE-GN", "14.90"),
            ("Coral", "CSE-CO", "14.90"),
        ],
        "Soft inside.",
    ),
    (
        "Precision screwdriver set",
        "Tools",
        [("Default Title", "TOL-SCR24", "19.90")],
        "24 bits, magnetic.",
    ),
    (
        "Opening tools",
        "Tools",
        [("Default Title", "TOL-OPN", "8.90")],
        "Picks, spudger and suction cup.",
    ),
    (
        "Repair mat",
        "Tools",
        [("Default Title", "TOL-MAT", "16.90")],
        "Heat-resistant, magnetic.",
    ),
    (
        "Isopropanol 99.9 %",
        "Tools",
        [("250 ml", "CHM-IPA250", "5.90"), ("1 l", "CHM-IPA1000", "13.90")],
        "Leaves nothing behind.",
    ),
    (
        "USB-C cable 1 m",
        "Accessories",
        [("Black", "CBL-C1-BK", "9.90"), ("White", "CBL-C1-WH", "9.90")],
        "60 W.",
    ),
    (
        "Charger 20 W",
        "Accessories",
        [("Default Title", "CHG-20W", "19.90")],
        "USB-C, with Power Delivery.",
    ),
    (
        "Wireless earbuds",
        "Accessories",
        [("Black", "EAR-BK", "49.90"), ("White", "EAR-WH", "49.90")],
        "With charging case.",
    ),
    (
        "SSD 1 TB",
        "Storage",
        [("Default Title", "SSD-1TB", "79.90")],
        "NVMe, 3,500 MB/s.",
    ),
    (
        "Memory 16 GB",
        "Storage",
        [("DDR4", "RAM-16-D4", "39.90"), ("DDR5", "RAM-16-D5", "59.90")],
        "SO-DIMM.",
    ),
    (
        "Gift card",
        GIFT_CARD,
        [("50 €", "GC-50", "50.00")],
        "To be redeemed in the shop and online.",
    ),
]

PEOPLE: list[tuple[str, str, str, str, str, str]] = [
    # first name, last name, phone, street, postcode, town
    ("Anna", "Schneider", "0151 2345 6780", "Lindenstr. 12", "10969", "Berlin"),
    ("Lukas", "Hoffmann", "+49 160 9988776", "Am Markt 3", "23552", "Lübeck"),
    ("Mia", "Köhler", "0049 171 5556677", "Rosenweg 8", "80331", "München"),
    ("Jonas", "Weiß", "(0172) 4433221", "Bergstr. 41", "01069", "Dresden"),
    ("Leyla", "Yıldız", "+49 176 12121212", "Keupstr. 77", "51063", "Köln"),
    ("Emil", "Brandt", "0221-334455", "Hafenstr. 5", "20359", "Hamburg"),
    ("Sofía", "García", "+34 612 345 678", "Calle Mayor 9", "28013", "Madrid"),
    ("Piotr", "Wiśniewski", "+48 601 234 567", "ul. Długa 14", "80-831", "Gdańsk"),
    ("Chloé", "Moreau", "+33 6 12 34 56 78", "12 rue des Lilas", "67000", "Strasbourg"),
    ("Noah", "Fischer", "", "Schulstr. 2", "70173", "Stuttgart"),
    ("Hannah", "Krüger", "01579 1112223", "Gartenweg 19", "28195", "Bremen"),
    ("Elias", "Zimmermann", "+49 (0) 30 5556677", "Torstr. 101", "10119", "Berlin"),
    ("Giulia", "Romano", "+39 347 123 4567", "Via Roma 22", "39100", "Bolzano"),
    (
        "Maximilian",
        "von der Heide-Lindenthal",
        "0160 2223334",
        "Schlossallee 1",
        "14193",
        "Berlin",
    ),
    ("Ngoc Anh", "Nguyen", "+49 152 33445566", "Herzbergstr. 128", "10365", "Berlin"),
    ("Paul", "Becker", "0175 8877665", "Mühlenweg 6", "04109", "Leipzig"),
    ("Clara", "Vogel", "", "Parkstr. 30", "65189", "Wiesbaden"),
    ("Ahmed", "Haddad", "+49 157 70707070", "Sonnenallee 58", "12045", "Berlin"),
    ("Ida", "Lindqvist", "+46 70 123 45 67", "Storgatan 4", "211 42", "Malmö"),
    ("Finn", "Petersen", "04321 778899", "Kieler Str. 9", "24534", "Neumünster"),
    ("Zeynep", "Demir", "0163 4445556", "Ringstr. 15", "44135", "Dortmund"),
    ("Theo", "Schäfer", "+43 664 1234567", "Mariahilfer Str. 50", "1060", "Wien"),
    ("Luise", "Hartmann", "0711 998877", "Königstr. 11", "70173", "Stuttgart"),
    ("Oskar", "Neumann", "0178 1231234", "Feldstr. 7", "38100", "Braunschweig"),
]
ABROAD: list[tuple[str, str, str, str, str, str, str]] = [
    # the same, and the country; numbers as people there type them
    ("Maximilian", "Gruber", "0664 1234567", "Ringstr. 1", "1010", "Wien", "AT"),
    ("Grace", "Miller", "207-835-4259 ext. 11", "1 Main St", "04101", "Portland", "US"),
    ("Noah", "Miller", "207-835-4259 ext. 12", "1 Main St", "04101", "Portland", "US"),
]
COMPANIES = ["Hafenwerk GmbH", "Elbe Logistik AG"]
"""Those that order without a person."""

NOTES = [
    "Please ring twice, the bell is quiet.",
    "Bitte beim Nachbarn abgeben.",
    "I will pick it up on Friday after 4 pm.",
    "Is the adhesive included?",
    "Rechnung bitte auf die Firma ausstellen.",
]
DELIVERIES = [
    ("DHL Paket", "4.90"),
    ("DHL Paket", "4.90"),
    ("DHL Express", "12.90"),
    ("Pick-up in the shop", "0.00"),
]
DEVICES = ["Fono 12", "Fono 13 Mini", "Galaxis S21", "Tabula 10", "Notebuch 13"]
ENGRAVINGS = ["Ada 1815", "Für Mama 💙", "Werkstatt Nord"]

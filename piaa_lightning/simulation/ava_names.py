"""Names that AVA gives its tags, styles and category lists, and what the drawn images have of them."""

from __future__ import annotations

# tags.txt: the name of tag n is TAGS[n - 1]
# fmt: off
TAGS = (
    "Abstract", "Cityscape", "Fashion", "Family", "Humorous", "Interior", "Sky", "Snapshot", "Sports", "Urban",
    "Vintage", "Emotive", "Performance", "Landscape", "Nature", "Candid", "Portraiture", "Still Life", "Animals",
    "Architecture", "Black and White", "Macro", "Travel", "Action", "Photojournalism", "Nude", "Rural", "Water",
    "Studio", "Political", "Advertisement", "Persuasive", "Panoramic", "Digital Art", "Seascapes", "Traditional Art",
    "Diptych / Triptych", "Floral", "Transportation", "Food and Drink", "Science and Technology", "Wedding",
    "Astrophotography", "Military", "History", "Infrared", "Self Portrait", "Textures", "DPChallenge GTGs",
    "Children", "Blur", "Photo-Impressionism", "High Dynamic Range (HDR)", "Texture Library", "Overlays", "Maternity",
    "Birds", "Horror", "Music", "Pinhole/Zone Plate", "Street", "Lensbaby", "Fish Eye", "Camera Phones",
    "Insects, etc", "Analog",
)
# fmt: on

CATEGORY_TAGS = {
    "sea": ("Seascapes", "Water"),
    "mountain": ("Landscape", "Nature"),
    "forest": ("Nature", "Landscape"),
    "desert": ("Landscape", "Travel"),
    "city": ("Cityscape", "Architecture"),
    "night": ("Cityscape", "Sky"),
    "flower": ("Floral", "Macro"),
    "animal": ("Animals", "Nature"),
    "person": ("Portraiture", "Candid"),
    "food": ("Food and Drink", "Still Life"),
}

# the eight categories of aesthetics_image_lists, by tag
LISTED_TAGS = {
    "animal": "Animals",
    "architecture": "Architecture",
    "cityscape": "Cityscape",
    "floral": "Floral",
    "fooddrink": "Food and Drink",
    "landscape": "Landscape",
    "portrait": "Portraiture",
    "stilllife": "Still Life",
}

# styles.txt, and the attributes that make a drawn image look most like each style; nothing drawn is truly a negative
# or blurred by motion, so those two go to the images that come nearest
STYLES: dict[str, dict[str, float]] = {
    "Complementary_Colors": {"harmony": 1, "colourfulness": 1},
    "Duotones": {"colourfulness": -1, "contrast": 0.5},
    "HDR": {"contrast": 1, "colourfulness": 0.5, "clutter": 0.5},
    "Image_Grain": {"clutter": 0.5, "colourfulness": -0.5, "brightness": -0.5},
    "Light_On_White": {"brightness": 1, "clutter": -0.7},
    "Long_Exposure": {"clutter": -1, "brightness": -0.4},
    "Macro": {"depth": 1, "thirds": -0.5},
    "Motion_Blur": {"depth": 0.7, "clutter": 0.7},
    "Negative_Image": {"harmony": -1, "contrast": 0.5},
    "Rule_of_Thirds": {"thirds": 1},
    "Shallow_DOF": {"depth": 1},
    "Silhouettes": {"contrast": 1, "brightness": -1},
    "Soft_Focus": {"contrast": -1, "brightness": 0.5},
    "Vanishing_Point": {"symmetry": 1, "depth": -0.5},
}

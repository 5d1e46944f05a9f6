"""How does the page look? Colours and type for Gradio's parts; the rest is in assets/style.css."""

from __future__ import annotations

from pathlib import Path

from gradio.themes import Base
from gradio.themes.utils.colors import Color
from gradio.themes.utils.sizes import Size

ASSETS = Path(__file__).with_name("assets")

_PINE = Color(
    name="pine",
    c50="#eef7f3",
    c100="#d6ece2",
    c200="#aedac8",
    c300="#7fc2a8",
    c400="#4fa487",
    c500="#2f886b",
    c600="#1f6f57",
    c700="#1a5947",
    c800="#17473a",
    c900="#143b31",
    c950="#09221c",
)
_SAND = Color(
    name="sand",
    c50="#fbfaf7",
    c100="#f4f2ed",
    c200="#e7e4dc",
    c300="#d5d1c6",
    c400="#a5a196",
    c500="#78756c",
    c600="#5a5850",
    c700="#403f3a",
    c800="#292825",
    c900="#1c1b19",
    c950="#131211",
)
_RADIUS = Size(
    name="soft", xxs="4px", xs="6px", sm="8px", md="10px", lg="14px", xl="18px", xxl="24px"
)
_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
_MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "monospace")


def theme() -> Base:
    """Warm paper, dark ink and one green; light and dark. Fonts are those of the system."""
    return Base(
        primary_hue=_PINE,
        secondary_hue=_SAND,
        neutral_hue=_SAND,
        radius_size=_RADIUS,
        font=_SANS,
        font_mono=_MONO,
    ).set(
        body_background_fill="*neutral_100",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="#ece9e2",
        body_text_color_subdued="#66635b",
        body_text_color_subdued_dark="#a29e94",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_50",
        background_fill_secondary_dark="#232220",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_padding="0px",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_title_text_weight="500",
        block_title_text_size="*text_sm",
        block_title_text_color="*body_text_color",
        block_info_text_size="*text_xs",
        block_shadow="none",
        panel_background_fill="transparent",
        panel_border_width="0px",
        border_color_primary="*neutral_200",
        border_color_primary_dark="#34322e",
        border_color_accent="*primary_500",
        color_accent="*primary_600",
        color_accent_soft="*primary_50",
        color_accent_soft_dark="*primary_900",
        form_gap_width="0px",
        layout_gap="14px",
        input_background_fill="#ffffff",
        input_background_fill_dark="#232220",
        input_border_color="*neutral_300",
        input_border_color_dark="#3b3934",
        input_border_width="1px",
        input_radius="*radius_sm",
        slider_color="*primary_600",
        slider_color_dark="*primary_400",
        button_border_width="1px",
        button_large_radius="*radius_md",
        button_medium_radius="*radius_md",
        button_small_radius="*radius_sm",
        button_large_text_weight="500",
        button_medium_text_weight="500",
        button_small_text_weight="500",
        button_medium_padding="9px 16px",
        button_medium_text_size="*text_sm",
        button_small_padding="6px 10px",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_400",
        button_primary_background_fill_hover_dark="*primary_300",
        button_primary_border_color="transparent",
        button_primary_border_color_dark="transparent",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#08130f",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_hover="*neutral_50",
        button_secondary_background_fill_dark="#2a2926",
        button_secondary_background_fill_hover_dark="#35332f",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="#3f3d38",
        button_secondary_text_color="*neutral_800",
        button_secondary_text_color_dark="#ece9e2",
        checkbox_label_background_fill="transparent",
        checkbox_label_background_fill_dark="transparent",
        checkbox_label_border_width="1px",
        checkbox_label_shadow="none",
        checkbox_background_color_selected="*primary_600",
        checkbox_background_color_selected_dark="*primary_500",
        checkbox_border_color_selected="*primary_600",
    )

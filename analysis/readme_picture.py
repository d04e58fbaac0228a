"""The picture of the README is the paper's gallery of diagnoses.

``python -m analysis.readme_picture`` draws it, after ``make figures
ONLY=diagnosis_gallery`` has made its data.
"""

import pathlib

from analysis.fig_diagnosis_gallery import gallery
from analysis.paths import ROOT
from analysis.script import run_drawing
from gradlab.plots import style

DPI = 150  # of a picture that every clone carries


def main() -> list[pathlib.Path]:
    path = ROOT / "docs" / "diagnosis.png"
    path.parent.mkdir(exist_ok=True)
    with style():
        gallery().savefig(path, dpi=DPI, metadata={"Software": None})
    return [path]


if __name__ == "__main__":
    run_drawing(main)

"""Which failures can the person who uses genimg mend?

    GenimgError
      * ImageError         a picture cannot be read or used
      * DataError          a data set is missing, unreadable or too small
      * ConfigError        a setting is unknown or has an impossible value
      * CheckpointError    a model file is missing, damaged or of another version
      * LatentError        a latent or a direction does not belong to this model
      * RecipeError        a saved picture holds no recipe that this model can open
      * TrainingError      a training run cannot be started, resumed or carried on
      * MetricError        what was asked to be compared cannot be, or is too little

The message of each says what was wrong and what to do, and names the valid choices where
there are any; it is written to be shown as it is. Every other exception is a bug and surfaces.
"""


class GenimgError(Exception):
    """Base of every failure that a person can mend; `str(error)` is fit to be shown."""


class ImageError(GenimgError):
    """A picture cannot be read or used."""


class DataError(GenimgError):
    """A data set is missing, unreadable or too small."""


class ConfigError(GenimgError):
    """A setting is unknown or has an impossible value."""


class CheckpointError(GenimgError):
    """A model file is missing, damaged or of another version."""


class LatentError(GenimgError):
    """A latent or a direction does not belong to this model."""


class RecipeError(GenimgError):
    """A saved picture holds no recipe that this model can open."""


class TrainingError(GenimgError):
    """A training run cannot be started, resumed or carried on."""


class MetricError(GenimgError):
    """What was asked to be compared cannot be, or is too little."""

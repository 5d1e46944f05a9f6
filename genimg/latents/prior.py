"""Where do a model's pictures lie in its latent space: a prior fitted to their codes."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import torch

from genimg.errors import LatentError
from genimg.latents.directions import Evidence
from genimg.models import Prior

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CANDIDATES = (1, 8, 16, 32)
RIDGE = 1e-4
"""Added to every variance, as the codes of dead dimensions hardly vary."""
ENOUGH_EXPLAINED = 0.5
"""Labels enter the prior where they explain at least this part of the held-out codes' variance."""


def fit_prior(
    evidence: Evidence,
    candidates: tuple[int, ...] = CANDIDATES,
    seed: int = 0,
    enough_explained: float = ENOUGH_EXPLAINED,
) -> Prior:
    """Fit a mixture of Gaussians to the codes, on top of what their labels add where labels say
    much.

    The aggregate of a VAE's codes is not N(0, I); a mixture fitted afterwards samples better than
    any regulariser (Ghosh et al. 2020, "From variational to deterministic autoencoders", table 1).
    A mixture alone blends what independent labels keep apart (half a hat on half a bow), since it
    would need a component for every combination. Where codes are nearly a sum of one offset for
    each label value, those offsets are fitted first (ridge regression) and the mixture gets the
    rest.

    The number of components is the candidate with the best held-out likelihood (EM, scikit-learn);
    a candidate with fewer than 4 d codes a component is not tried, its covariances would be noise.

    Args:
        enough_explained: labels enter where they explain at least this part of the held-out codes'
            variance; -inf where pictures shall be asked for by label even so.

    Raises:
        LatentError: fewer than 2 codes.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture  # here, as in all of genimg: it takes seconds

    codes, held_out = evidence.codes, evidence.held_out
    if len(codes) < 2:
        raise LatentError("a prior needs at least two pictures")
    labels = _Labels.fit(evidence, enough_explained)
    if labels is not None:
        assert evidence.labels is not None and evidence.held_out_labels is not None
        codes = codes - labels.offsets_of(evidence.labels)
        held_out = held_out - labels.offsets_of(evidence.held_out_labels)
    usable = [k for k in candidates if k == 1 or len(codes) >= 4 * codes.shape[1] * k] or [1]
    with warnings.catch_warnings():  # what is best of those that were tried is told by held-out
        warnings.simplefilter("ignore", ConvergenceWarning)
        fits = [
            GaussianMixture(k, reg_covar=RIDGE, random_state=seed, max_iter=50, tol=1e-2).fit(codes)
            for k in usable
        ]
    best = max(fits, key=lambda fit: float(fit.score(held_out if len(held_out) else codes)))
    return Prior(
        torch.from_numpy(best.weights_ / best.weights_.sum()),
        torch.from_numpy(best.means_),
        torch.from_numpy(np.linalg.cholesky(best.covariances_)),
        *(() if labels is None else labels.tensors()),
    )


class _Labels:
    """What each label value adds to a code: `offsets [V, d]`, zero on average for each factor."""

    def __init__(self, sizes: list[int], offsets: Floats, frequencies: Floats) -> None:
        self.sizes = sizes
        self.offsets = offsets
        self.frequencies = frequencies

    @classmethod
    def fit(cls, evidence: Evidence, enough: float) -> _Labels | None:
        """None where there are no complete labels, or where they explain too little."""
        from sklearn.linear_model import Ridge
        from sklearn.metrics import r2_score

        labels, held_out = evidence.labels, evidence.held_out_labels
        if labels is None or held_out is None or len(held_out) < 2:
            return None
        if (labels < 0).any() or (held_out < 0).any():
            return None
        sizes = [len(values) for _, values in evidence.factors]
        fit = Ridge(alpha=1.0).fit(_one_hot(labels, sizes), evidence.codes)
        explained = r2_score(
            evidence.held_out,
            fit.predict(_one_hot(held_out, sizes)),
            multioutput="variance_weighted",
        )
        if explained < enough:
            return None
        offsets = np.asarray(fit.coef_, dtype=np.float64).T.copy()  # (V, d)
        frequencies = _one_hot(labels, sizes).mean(axis=0)  # (V,)
        start = 0
        for size in sizes:
            rows = slice(start, start + size)
            offsets[rows] -= frequencies[rows] @ offsets[rows]
            start += size
        return cls(sizes, offsets, frequencies)

    def offsets_of(self, labels: Integers) -> Floats:
        """What the labels `[N, F]` of pictures add to their codes, `[N, d]`."""
        return _one_hot(labels, self.sizes) @ self.offsets

    def tensors(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What `Prior` takes for labels: offsets, frequencies and sizes."""
        sizes = torch.tensor(self.sizes, dtype=torch.int64)
        return torch.from_numpy(self.offsets), torch.from_numpy(self.frequencies), sizes


def _one_hot(labels: Integers, sizes: list[int]) -> Floats:
    """Labels `[N, F]` as one row of zeros and ones a picture, `[N, V]`."""
    return np.concatenate(
        [np.eye(size)[labels[:, column]] for column, size in enumerate(sizes)], axis=1
    )

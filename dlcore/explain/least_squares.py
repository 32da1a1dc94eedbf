"""The linear model that KernelShap fits: weighted least squares in float64, so that the large weights do no harm."""

import torch
from captum._utils.models.model import Model
from torch import Tensor
from torch.utils.data import DataLoader


class LeastSquares(Model):
    """y ≈ x·w + b with the smallest weighted squared error; Captum's own needs scikit-learn."""

    def __init__(self) -> None:
        self.weights, self.bias = torch.empty(0), torch.empty(0)

    def fit(self, train_data: DataLoader, **_ignored: object) -> None:
        """Fit to batches of (x, y, weight)."""
        inputs, outputs, weights = (torch.cat(part).double() for part in zip(*train_data, strict=True))
        rows = torch.cat([inputs, torch.ones(len(inputs), 1, dtype=torch.float64)], 1)
        root = weights.reshape(-1, 1).sqrt()
        found = torch.linalg.lstsq(rows * root, outputs.reshape(-1, 1) * root, driver="gelsd").solution.flatten()
        self.weights, self.bias = found[:-1].float(), found[-1:].float()

    def representation(self) -> Tensor:
        """Return the weights, one a feature."""
        return self.weights[None]

    def __call__(self, x: Tensor) -> Tensor:
        return x @ self.weights + self.bias

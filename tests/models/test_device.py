"""Which device is taken, and which are refused."""

import pytest
import torch

from genimg.errors import ConfigError
from genimg.models.device import choose_device, widest


@pytest.mark.parametrize("device", ["toaster", "", "mps", "meta"])
def test_an_unusable_device_is_refused_with_the_choices(device: str) -> None:
    with pytest.raises(ConfigError, match="cpu"):
        choose_device(device)


def test_cuda_is_taken_by_itself_where_there_is_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert choose_device("auto") == "cuda"
    assert choose_device("cpu") == "cpu"
    assert choose_device("cuda:0") == "cuda:0"
    with pytest.raises(ConfigError, match="no device 'cuda:7' here; use cpu"):
        choose_device("cuda:7")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert choose_device("auto") == "cpu"
    with pytest.raises(ConfigError, match="no device 'cuda' here"):
        choose_device("cuda")


def test_an_apple_gpu_has_no_numbers_of_64_bits() -> None:
    assert widest(torch.device("mps")) is torch.float32
    assert widest(torch.device("cuda:1")) is widest(torch.device("cpu")) is torch.float64

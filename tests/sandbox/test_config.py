"""The `sandbox_*` options are held to what there is before anything starts."""

import pytest

from trl_rlvr.errors import ConfigError
from trl_rlvr.sandbox import SandboxConfig


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ({"sandbox_backend": "dokcer"}, "unknown sandbox backend 'dokcer'; choose one of "),
        ({"sandbox_memory_mib": 1}, "sandbox_memory_mib is 1; give 64 or more"),
        ({"sandbox_workers": 0}, "sandbox_workers is 0; give 1 or more"),
        ({"sandbox_cpu_s": 0.0}, "sandbox_cpu_s is 0.0"),
        ({"sandbox_require": ["seccomp", "nothing"]}, "sandbox_require names 'nothing'; choose from capabilities, "),
        ({"sandbox_packages": ["numpy", "nosuchpkg"]}, "sandbox_packages names 'nosuchpkg', which is not installed"),
    ],
)
def test_an_option_that_cannot_be_is_refused(option, complaint):
    with pytest.raises(ConfigError, match=complaint):
        SandboxConfig(**option)


def test_packages_of_an_image_need_not_be_installed_here():
    config = SandboxConfig(sandbox_backend="docker", sandbox_packages=["nosuchpkg"])

    assert config.sandbox_packages == ["nosuchpkg"]

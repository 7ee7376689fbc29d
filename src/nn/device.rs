//! Where tensors live: the one file that names burn's backends.

use crate::{Error, Result};
use burn::backend::DispatchDevice;
use burn::tensor::BoolDType;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

/// A place for tensors and their arithmetic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Device {
    /// The processor, through burn-flex.
    #[default]
    Cpu,
    /// The graphics card, through burn's wgpu backend.
    #[cfg(feature = "wgpu")]
    Wgpu,
    /// The processor, through burn's older ndarray backend, for comparison.
    #[cfg(feature = "ndarray-backend")]
    NdArray,
}

impl Device {
    /// Every device that this build knows.
    pub const ALL: &'static [Device] = &[
        Device::Cpu,
        #[cfg(feature = "wgpu")]
        Device::Wgpu,
        #[cfg(feature = "ndarray-backend")]
        Device::NdArray,
    ];

    /// The name that users write.
    pub fn name(self) -> &'static str {
        match self {
            Device::Cpu => "cpu",
            #[cfg(feature = "wgpu")]
            Device::Wgpu => "wgpu",
            #[cfg(feature = "ndarray-backend")]
            Device::NdArray => "ndarray",
        }
    }

    /// burn's device, without automatic derivatives.
    pub(crate) fn raw(self) -> DispatchDevice {
        match self {
            Device::Cpu => DispatchDevice::Flex(Default::default()),
            #[cfg(feature = "wgpu")]
            Device::Wgpu => DispatchDevice::Cube(burn::backend::CubeDevice::Wgpu(Default::default())),
            #[cfg(feature = "ndarray-backend")]
            Device::NdArray => DispatchDevice::NdArray(Default::default()),
        }
    }
}

impl Device {
    /// What its comparisons give: cards have no type of one bit.
    pub(crate) fn bools(self) -> BoolDType {
        match self {
            #[cfg(feature = "wgpu")]
            Device::Wgpu => BoolDType::U32,
            _ => BoolDType::Native,
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Device::ALL.iter().copied().find(|device| device.name() == name).ok_or_else(|| {
            let known: Vec<_> = Device::ALL.iter().map(|d| format!("\"{d}\"")).collect();
            let hint = match name {
                "wgpu" | "gpu" => "; build with `--features wgpu` for the graphics card",
                "ndarray" => "; build with `--features ndarray-backend` for it",
                _ => "",
            };
            Error::value(format!("device: this build has {}, got \"{name}\"{hint}", known.join(", ")))
        })
    }
}

static DEFAULT: AtomicU8 = AtomicU8::new(0);

/// Where tensors are made when nobody says where.
pub fn default_device() -> Device {
    let at = DEFAULT.load(Ordering::Relaxed);
    Device::ALL.iter().copied().find(|d| *d as u8 == at).unwrap_or_default()
}

/// Changes where tensors are made when nobody says where.
pub fn set_default_device(device: Device) {
    DEFAULT.store(device as u8, Ordering::Relaxed);
}

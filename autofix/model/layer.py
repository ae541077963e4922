"""One layer of a net, whatever the format it is written in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path

from autofix.model import kinds
from autofix.model.filler import REFILLABLE, Filler
from autofix.model.param import Param, padded, read_old_params, read_params
from autofix.prototxt import Field, Message


@dataclass(frozen=True, eq=False, repr=False)
class Layer:
    """A layer as Caffe sees it after upgrading old formats.

    Attributes:
        field: the whole ``layer { ... }`` (or ``layers { ... }``) in its document.
        inner: the block with the layer's own settings; in V0 the ``layer`` within ``field``, else ``field``'s.
        version: 2 for ``layer``, 1 for ``layers`` with an enum, 0 for ``layers { layer { ... } }``.
        path: the file it is written in.
    """

    field: Field
    inner: Message
    version: int
    path: Path

    @classmethod
    def read(cls, field: Field, path: Path) -> Layer:
        """Read ``layer { ... }`` or ``layers { ... }``."""
        message = field.value
        if not isinstance(message, Message):
            raise field.error(f"'{field.name}' needs a block in braces")
        oldest = message.message("layer") if field.name == "layers" else None
        version = 2 if field.name == "layer" else 1 if oldest is None else 0
        return cls(field, oldest or message, version, path)

    def __repr__(self) -> str:
        return f"<Layer {self.name} ({self.type}) at line {self.line}>"

    @property
    def message(self) -> Message:
        """The block that holds bottoms, tops and rules."""
        assert isinstance(self.field.value, Message)
        return self.field.value

    @property
    def line(self) -> int:
        """The line of the file on which the layer begins, counted from 1."""
        return self.field.line

    @cached_property
    def name(self) -> str:
        """The layer's name, perhaps empty."""
        return self.inner.text("name")

    @cached_property
    def type(self) -> str:
        """The type under today's name: "Convolution" also where ``CONVOLUTION`` or ``conv`` is written."""
        scalar = self.inner.scalar("type")
        if scalar is None:
            return ""
        text = scalar.raw if scalar.kind == "number" else scalar.word
        return text if self.version == 2 else kinds.today(text)

    @cached_property
    def bottoms(self) -> tuple[str, ...]:
        """The blobs it reads."""
        return tuple(scalar.word for scalar in self.message.scalars("bottom"))

    @cached_property
    def tops(self) -> tuple[str, ...]:
        """The blobs it writes."""
        return tuple(scalar.word for scalar in self.message.scalars("top"))

    @cached_property
    def params(self) -> tuple[Param, ...]:
        """How its blobs learn, for as many as the file speaks of."""
        if self.version == 2:
            return read_params(self.message)
        return read_old_params(self.message, self.inner)

    def param(self, index: int) -> Param:
        """How blob ``index`` learns; Caffe's defaults where the file does not say."""
        return self.params[index] if index < len(self.params) else Param()

    @cached_property
    def loss_weights(self) -> tuple[float, ...]:
        """One weight per top, 0 for a top that is no loss. ``...Loss`` layers have 1 on their first top."""
        written = [scalar.number for scalar in self.message.scalars("loss_weight")]
        if not written and kinds.is_loss(self.type):
            written = [1.0]
        return tuple(padded(written, max(len(self.tops), 1), 0.0))

    def settings(self, block: str) -> Message | None:
        """The block ``convolution_param`` and the like; in V0 the layer itself holds what stands in it."""
        return self.inner if self.version == 0 else self.message.message(block)

    # --- weights ---

    @cached_property
    def weight_block(self) -> str:
        """The name of the block for ``weight_filler``, empty for layers without such weights.

        For the types of forks it is the block in which one is written.
        """
        known = kinds.WEIGHTED.get(self.type, "")
        if known or self.version == 0:
            return known
        blocks = (field for field in self.message if field.name.endswith("_param"))
        return next((f.name for f in blocks if isinstance(f.value, Message) and "weight_filler" in f.value), "")

    @property
    def learnable(self) -> bool:
        """Whether the type is known to have blobs that learn."""
        return bool(self.weight_block) or self.type in kinds.OTHER_LEARNABLE

    @cached_property
    def weight_filler(self) -> Filler | None:
        """How the weights are drawn (constant 0 where it is not written); None for layers without weights."""
        return self._filler("weight_filler")

    @cached_property
    def bias_filler(self) -> Filler | None:
        """How the biases are drawn; None for layers without weights or without a bias."""
        settings = self.settings(self.weight_block) if self.weight_block else None
        if settings is not None and not settings.boolean("bias_term", settings.boolean("biasterm", True)):
            return None  # "biasterm" is V0's word
        return self._filler("bias_filler")

    def _filler(self, name: str) -> Filler | None:
        if not self.weight_block:
            return None
        settings = self.settings(self.weight_block)
        return Filler.read(settings.message(name) if settings else None)

    @property
    def refillable(self) -> bool:
        """Whether a std can be given to its weights.

        Bilinear and unknown fillers are left alone, and so is a constant that never learns: it is meant.
        """
        filler = self.weight_filler
        if filler is None or filler.sparse == 0 or self.settings(self.weight_block) is None:
            return False
        meant = filler.type == "constant" and self.param(0).lr_mult == 0
        return filler.type in REFILLABLE and not meant

    @cached_property
    def linear(self) -> tuple[float, float] | None:
        """Scale and shift of a Power layer that computes shift + scale * x; None for all others."""
        if self.type != "Power" or self.version == 0:
            return None
        settings = self.settings("power_param")
        if settings is None:
            return 1.0, 0.0
        straight = settings.number("power", 1.0) == 1
        return (settings.number("scale", 1.0), settings.number("shift", 0.0)) if straight else None

    # --- geometry ---

    @cached_property
    def num_output(self) -> int | None:
        """Outputs of the layer (channels, classes, units); None where the type has no such number."""
        settings = self.settings(self.weight_block) if self.weight_block else None
        scalar = settings.scalar("num_output") if settings else None
        return scalar.integer if scalar else None

    @cached_property
    def group(self) -> int:
        """Groups of a convolution."""
        settings = self.settings("convolution_param")
        return max(settings.integer("group", 1), 1) if settings else 1

    @cached_property
    def kernel(self) -> tuple[int, ...]:
        """The kernel's height and width (or as many sizes as there are axes); empty for other layers."""
        settings = self.settings("convolution_param")
        if settings is None or self.weight_block != "convolution_param":
            return ()
        if "kernel_h" in settings or "kernel_w" in settings:
            return settings.integer("kernel_h", 1), settings.integer("kernel_w", 1)
        sizes = [scalar.integer for scalar in settings.scalars("kernel_size") or settings.scalars("kernelsize")]
        return tuple(sizes * 2 if len(sizes) == 1 else sizes)

    @property
    def _transposed(self) -> bool:
        settings = self.settings("inner_product_param") if self.type == "InnerProduct" else None
        return settings is not None and settings.boolean("transpose", False)

    def fans(self, inputs: int) -> tuple[float, float]:
        """Fan-in and fan-out as Caffe's fillers count them: weights / shape[0] and weights / shape[1].

        Args:
            inputs: channels of the input; all values of one example for an InnerProduct layer, words for an Embed one.

        Raises:
            ValueError: the layer has no ``num_output``.
        """
        if self.num_output is None:
            raise ValueError(f"layer {self.name} has no num_output")
        if self.type == "Embed" or self._transposed:  # their weights lie [inputs, outputs]
            return self.num_output, inputs
        if not self.kernel:
            return inputs, self.num_output
        area = prod(self.kernel)
        if self.type == "Deconvolution":  # its weights lie [inputs, outputs / group, height, width]
            return self.num_output / self.group * area, inputs * area
        return inputs / self.group * area, self.num_output * area

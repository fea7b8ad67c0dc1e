// Convolutions as implicit matrix products over a padded NHWC input: nothing is unrolled into patches.
//
// In the padded input the patch of an output pixel is `kernelHeight` runs of `kernelWidth * channels` floats. The filter
// gradient's chain runs over samples, then rows, then columns; sample after sample the partial sums are taken up again
// from memory, so that a sample's pixels stay in the first-level cache.

import { copy, fill } from './elementwise';
import { OptionalPointer } from './internal/pointer';
import { columnsEdge, maximumRows, panelVectors, rowsProduct } from './internal/products';
import { columnsTiles } from './internal/tiles';

/**
 * output[samples, outputHeight, outputWidth, filters] = epilogue(padded * filters + bias). The input is padded already, so
 * no kernel tests for borders; filters [kernelHeight, kernelWidth, channels, filters] are packed by `pack` with inner =
 * kernelHeight * kernelWidth * channels.
 */
export function conv2d(
  output: usize, padded: usize, packedFilters: usize, bias: OptionalPointer, epilogue: i32,
  samples: i32, paddedHeight: i32, paddedWidth: i32, channels: i32, kernelHeight: i32, kernelWidth: i32,
  outputHeight: i32, outputWidth: i32, filters: i32, strideY: i32, strideX: i32,
): void {
  const lineBytes = <usize>(paddedWidth * channels) << 2;
  const pixelBytes = <usize>(strideX * channels) << 2;
  const lineJump = <usize>strideY * lineBytes - <usize>outputWidth * pixelBytes;
  const pixels = outputHeight * outputWidth;
  const inner = kernelHeight * kernelWidth * channels;
  for (let sample = 0; sample < samples; sample++) {
    rowsProduct(
      output, padded, pixelBytes, outputWidth, lineJump, packedFilters, inner, 0, pixels, filters,
      kernelWidth * channels, kernelHeight, lineBytes, false, bias, epilogue,
    );
    output += <usize>(pixels * filters) << 2;
    padded += <usize>paddedHeight * lineBytes;
  }
}

/** filterGradient = Σ over samples, rows, columns (in this order) of input patch ⊗ output gradient. */
export function conv2dFilterGradient(
  filterGradient: usize, padded: usize, outputGradient: usize, scratch: usize,
  samples: i32, paddedHeight: i32, paddedWidth: i32, channels: i32, kernelHeight: i32, kernelWidth: i32,
  outputHeight: i32, outputWidth: i32, filters: i32, strideY: i32, strideX: i32,
): void {
  const lineBytes = <usize>(paddedWidth * channels) << 2;
  const run = kernelWidth * channels;
  const pixels = outputHeight * outputWidth;
  const width = filters + 3 & ~3;
  for (let sample = 0; sample < samples; sample++) {
    let b = outputGradient;
    if (width != filters) {
      padRows(scratch, outputGradient, pixels, filters, width);
      b = scratch;
    }
    for (let y = 0; y < kernelHeight; y++) {
      filterRowGradient(
        filterGradient + (<usize>(y * run * filters) << 2), padded + <usize>y * lineBytes, b, run, filters, width,
        <usize>(strideX * channels) << 2, <usize>strideY * lineBytes, outputHeight, outputWidth, sample > 0,
      );
    }
    padded += <usize>paddedHeight * lineBytes;
    outputGradient += <usize>(pixels * filters) << 2;
  }
}

/** The gradient of one row of the kernel: `run` entries side by side in memory, in tiles of at most 4, or 5 if that fits. */
function filterRowGradient(
  gradient: usize, a: usize, b: usize, run: i32, filters: i32, width: i32, pixelBytes: usize, lineBytes: usize,
  outputHeight: i32, outputWidth: i32, accumulate: bool,
): void {
  const largest = run % 5 == 0 && run % maximumRows != 0 ? 5 : maximumRows;
  const tiles = (run + largest - 1) / largest;
  const small = run / tiles;
  const large = run - small * tiles;
  const cStride = <usize>filters << 2;
  const bStep = <usize>width << 2;
  const lineJump = lineBytes - <usize>outputWidth * pixelBytes;
  const panels = filters >> 3;
  const left = filters & 7;
  for (let tile = 0; tile < tiles; tile++) {
    const height = tile < large ? small + 1 : small;
    columnsTiles(
      height, 2, gradient, cStride, a, pixelBytes, b, bStep, 32, panels, outputWidth, outputHeight, lineJump, accumulate,
    );
    if (left > 0) {
      columnsEdge(
        height, panelVectors(left), gradient + (<usize>panels << 5), cStride, left, a, pixelBytes,
        b + (<usize>panels << 5), bStep, outputWidth, outputHeight, lineJump, accumulate,
      );
    }
    gradient += <usize>height * cStride;
    a += <usize>height << 2;
  }
}

/** Copies rows of `columns` floats to rows of `width`, the rest zero. */
function padRows(to: usize, from: usize, rows: i32, columns: i32, width: i32): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      store<f32>(to, column < columns ? load<f32>(from + (<usize>column << 2)) : 0);
      to += 4;
    }
    from += <usize>columns << 2;
  }
}

/**
 * Packs filters for the input gradient: rotated by 180 degrees, channels and filters swapped, so that `conv2d` of the
 * padded output gradient with it (stride 1) is the input gradient. Size: packedBytes(kernelHeight * kernelWidth *
 * filterCount, channels).
 */
export function packRotated(
  packed: usize, filters: usize, kernelHeight: i32, kernelWidth: i32, channels: i32, filterCount: i32,
): void {
  // Filter (y, x) is the matrix [channels, filterCount]; transposed it is a stretch of `filterCount` rows of B, but the
  // panels of B run over all (y, x), so each stretch is placed panel by panel.
  const inner = kernelHeight * kernelWidth * filterCount;
  for (let channel = 0; channel < channels; channel += 8) {
    const left = channels - channel;
    const width = left >= 8 ? 8 : panelVectors(left) << 2;
    let to = packed + (<usize>(inner * channel) << 2);
    for (let position = kernelHeight * kernelWidth - 1; position >= 0; position--) {
      const matrix = filters + (<usize>(position * channels * filterCount) << 2);
      for (let filter = 0; filter < filterCount; filter++) {
        for (let lane = 0; lane < width; lane++) {
          const from = matrix + (<usize>((channel + lane) * filterCount + filter) << 2);
          store<f32>(to, lane < left ? load<f32>(from) : 0);
          to += 4;
        }
      }
    }
  }
}

/**
 * Spreads images into a zeroed, larger frame: input (y, x) goes to (top + y * strideY, left + x * strideX); what falls
 * outside the frame is dropped, every other cell is written zero.
 */
export function pad(
  padded: usize, input: usize, samples: i32, height: i32, width: i32, channels: i32, top: i32, left: i32, strideY: i32,
  strideX: i32, paddedHeight: i32, paddedWidth: i32,
): void {
  const lineElements = paddedWidth * channels;
  fill(padded, samples * paddedHeight * lineElements, 0);
  const inputLine = <usize>(width * channels) << 2;
  // Columns of the input that fall inside the frame.
  const firstX = left < 0 ? (-left + strideX - 1) / strideX : 0;
  const endX = min(width, left >= paddedWidth ? 0 : (paddedWidth - 1 - left) / strideX + 1);
  for (let sample = 0; sample < samples; sample++) {
    for (let y = 0; y < height; y++) {
      const row = top + y * strideY;
      if (row < 0 || row >= paddedHeight || endX <= firstX) continue;
      const to = padded + (<usize>(row * lineElements + (left + firstX * strideX) * channels) << 2);
      const from = input + <usize>y * inputLine + (<usize>(firstX * channels) << 2);
      if (strideX == 1) {
        copy(to, from, (endX - firstX) * channels);
      } else {
        for (let x = 0; x < endX - firstX; x++) {
          copy(to + (<usize>(x * strideX * channels) << 2), from + (<usize>(x * channels) << 2), channels);
        }
      }
    }
    padded += <usize>(paddedHeight * lineElements) << 2;
    input += <usize>height * inputLine;
  }
}

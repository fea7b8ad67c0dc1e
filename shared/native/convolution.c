// Convolutions: the twins of shared/kernels/convolution.ts, as matrix products over a padded NHWC input.

#include "kernels.h"
#include "packing.h"
#include "products.h"

KERNEL void conv2d(float *output, float *padded, float *packed, float *bias, int32_t epilogue, int32_t samples,
                   int32_t padded_height, int32_t padded_width, int32_t channels, int32_t kernel_height,
                   int32_t kernel_width, int32_t output_height, int32_t output_width, int32_t filters, int32_t stride_y,
                   int32_t stride_x) {
  const ptrdiff_t line = 4 * (ptrdiff_t)padded_width * channels, pixel = 4 * (ptrdiff_t)stride_x * channels;
  const ptrdiff_t pixels = (ptrdiff_t)output_height * output_width;
  const int32_t run = kernel_width * channels;
  const struct sweep sweep = {
      .c_stride = filters, .a_step = 4, .b_step = 32, .inner = run, .segments = kernel_height,
      .a_jump = line - 4 * (ptrdiff_t)run, .b_panel = 32 * (ptrdiff_t)kernel_height * run, .epilogue = epilogue,
  };
  for (int32_t sample = 0; sample < samples; sample++) {
    const struct left left = {(const char *)padded, pixel, output_width, stride_y * line - output_width * pixel};
    product(&sweep, output, left, (const char *)packed, 1, (int32_t)pixels, filters, bias);
    output += pixels * filters;
    padded += (ptrdiff_t)padded_height * padded_width * channels;
  }
}

/** The rows of C are the kernel's entries, and k runs over the pixels of a sample; the next sample goes on with C's sums. */
KERNEL void conv2dFilterGradient(float *gradient, float *padded, float *output_gradient, float *scratch,
                                 int32_t samples, int32_t padded_height, int32_t padded_width, int32_t channels,
                                 int32_t kernel_height, int32_t kernel_width, int32_t output_height,
                                 int32_t output_width, int32_t filters, int32_t stride_y, int32_t stride_x) {
  (void)scratch;
  const ptrdiff_t line = 4 * (ptrdiff_t)padded_width * channels, pixel = 4 * (ptrdiff_t)stride_x * channels;
  const int32_t run = kernel_width * channels;
  struct sweep sweep = {
      .c_stride = filters, .a_step = pixel, .b_step = 4 * (ptrdiff_t)filters, .inner = output_width,
      .segments = output_height, .a_jump = stride_y * line - output_width * pixel, .b_panel = 32,
  };
  for (int32_t sample = 0; sample < samples; sample++) {
    const struct left left = {(const char *)padded, 4, run, line - 4 * (ptrdiff_t)run};
    sweep.accumulates = sample > 0;
    product(&sweep, gradient, left, (const char *)output_gradient, 0, kernel_height * run, filters, NULL);
    padded += (ptrdiff_t)padded_height * padded_width * channels;
    output_gradient += (ptrdiff_t)output_height * output_width * filters;
  }
}

KERNEL void packRotated(float *packed, float *filters, int32_t kernel_height, int32_t kernel_width, int32_t channels,
                        int32_t filter_count) {
  const int32_t positions = kernel_height * kernel_width;
  for (int32_t channel = 0; channel < channels; channel += 8) {
    const int32_t left = channels - channel;
    for (int32_t position = positions - 1; position >= 0; position--) {
      const float *from = filters + ((ptrdiff_t)position * channels + channel) * filter_count;
      pack_panel_transposed(packed, from, filter_count, filter_count, left);
      packed += filter_count * panel_width(left);
    }
  }
}

KERNEL void pad(float *padded, float *input, int32_t samples, int32_t height, int32_t width, int32_t channels,
                int32_t top, int32_t left, int32_t stride_y, int32_t stride_x, int32_t padded_height,
                int32_t padded_width) {
  const ptrdiff_t line = (ptrdiff_t)padded_width * channels, frame = padded_height * line;
  memset(padded, 0, 4 * (size_t)(samples * frame));
  // Columns of the input that fall inside the frame.
  const int32_t first = left < 0 ? (-left + stride_x - 1) / stride_x : 0;
  const int32_t inside = left >= padded_width ? 0 : (padded_width - 1 - left) / stride_x + 1;
  const int32_t end = width < inside ? width : inside;
  for (int32_t sample = 0; sample < samples && end > first; sample++) {
    for (int32_t y = 0; y < height; y++) {
      const int32_t row = top + y * stride_y;
      if (row < 0 || row >= padded_height) continue;
      float *to = padded + row * line + (ptrdiff_t)(left + first * stride_x) * channels;
      const float *from = input + ((ptrdiff_t)y * width + first) * channels;
      if (stride_x == 1) {
        memcpy(to, from, 4 * (size_t)(end - first) * (size_t)channels);
        continue;
      }
      for (int32_t x = first; x < end; x++, to += stride_x * channels, from += channels) {
        for (int32_t channel = 0; channel < channels; channel++) to[channel] = from[channel];
      }
    }
    padded += frame;
    input += (ptrdiff_t)height * width * channels;
  }
}

// What the addon's generated parts build on: how a call's arguments become a kernel's.

#ifndef ADDON_H
#define ADDON_H

#include <node_api.h>
#include <stdint.h>

#include "kernels.h"

/** Kernels of one instruction set and profile at work in one memory. */
struct engine {
  char *memory;
  const struct kernels *kernels;
  /** Functions of JavaScript that it works through. */
  uint32_t users;
};

struct variant {
  const char *set, *profile;
  const struct kernels *kernels;
  /** Whether this machine has the instructions. */
  int (*is_supported)(void);
};

struct call {
  const char *name;
  napi_callback function;
};

/** As WebAssembly takes a number for an i32 or a u32: its low 32 bits. */
static inline uint32_t word(napi_env env, napi_value value) {
  int32_t number = 0;
  napi_get_value_int32(env, value, &number);
  return (uint32_t)number;
}

static inline double number(napi_env env, napi_value value) {
  double number = 0;
  napi_get_value_double(env, value, &number);
  return number;
}

static inline float *pointer(napi_env env, const struct engine *engine, napi_value value) {
  return (float *)(engine->memory + word(env, value));
}

/** 0 stands for a pointer that is absent. */
static inline float *optional_pointer(napi_env env, const struct engine *engine, napi_value value) {
  const uint32_t offset = word(env, value);
  return offset == 0 ? NULL : (float *)(engine->memory + offset);
}

#endif

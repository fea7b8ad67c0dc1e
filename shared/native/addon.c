// The kernels as functions of JavaScript, through Node-API. A kernel works in the memory of one engine, whose address it is
// given when it is made and each time that the memory has grown.

#include "addon.h"

#include <stdlib.h>
#include <string.h>

#include "calls.h"

static napi_value failure(napi_env env, const char *what) {
  napi_throw_error(env, NULL, what);
  return NULL;
}

/** The address of the bytes of a typed array, of whichever kind of buffer. */
static char *bytes_of(napi_env env, napi_value view) {
  void *bytes = NULL;
  if (napi_get_typedarray_info(env, view, NULL, NULL, &bytes, NULL, NULL) != napi_ok) return NULL;
  return bytes;
}

static void release(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct engine *engine = data;
  if (--engine->users == 0) free(engine);
}

/** Adds a function that works for an engine, which lasts as long as its last function. */
static int add_function(napi_env env, napi_value to, const char *name, napi_callback call, struct engine *engine) {
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, call, engine, &function) != napi_ok) return 0;
  if (napi_add_finalizer(env, function, engine, release, NULL, NULL) != napi_ok) return 0;
  engine->users++;
  return napi_set_named_property(env, to, name, function) == napi_ok;
}

/** moved(view): the memory's bytes have another address. */
static napi_value moved(napi_env env, napi_callback_info info) {
  napi_value view;
  size_t count = 1;
  struct engine *engine;
  if (napi_get_cb_info(env, info, &count, &view, NULL, (void **)&engine) != napi_ok) return NULL;
  char *bytes = bytes_of(env, view);
  if (bytes == NULL) return failure(env, "moved(view): expected a typed array over the engine's memory");
  engine->memory = bytes;
  return NULL;
}

static const struct variant *variant_named(napi_env env, napi_value set, napi_value profile) {
  char names[2][16];
  if (napi_get_value_string_utf8(env, set, names[0], sizeof names[0], NULL) != napi_ok) return NULL;
  if (napi_get_value_string_utf8(env, profile, names[1], sizeof names[1], NULL) != napi_ok) return NULL;
  for (const struct variant *variant = variants; variant->set != NULL; variant++) {
    if (strcmp(variant->set, names[0]) == 0 && strcmp(variant->profile, names[1]) == 0) return variant;
  }
  return NULL;
}

/** createKernels(set, profile, view): the kernels by name, and moved. */
static napi_value create_kernels(napi_env env, napi_callback_info info) {
  napi_value given[3], kernels;
  size_t count = 3;
  if (napi_get_cb_info(env, info, &count, given, NULL, NULL) != napi_ok) return NULL;
  const struct variant *variant = variant_named(env, given[0], given[1]);
  if (variant == NULL || !variant->is_supported()) {
    return failure(env, "createKernels: this machine has no such instruction set, or it has no such profile");
  }
  char *bytes = bytes_of(env, given[2]);
  if (bytes == NULL) return failure(env, "createKernels: expected a typed array over the engine's memory");
  struct engine *engine = malloc(sizeof *engine);
  if (engine == NULL || napi_create_object(env, &kernels) != napi_ok) {
    free(engine);
    return failure(env, "createKernels: no memory is left");
  }
  *engine = (struct engine){bytes, variant->kernels, 0};
  int made = add_function(env, kernels, "moved", moved, engine);
  for (const struct call *call = calls; made && call->name != NULL; call++) {
    made = add_function(env, kernels, call->name, call->function, engine);
  }
  return made ? kernels : failure(env, "createKernels: Node-API refused a function");
}

/** The variants that this machine can run, the best first, as "avx512 portable". */
static int add_variants(napi_env env, napi_value exports) {
  napi_value list, name;
  if (napi_create_array(env, &list) != napi_ok) return 0;
  uint32_t length = 0;
  for (const struct variant *variant = variants; variant->set != NULL; variant++) {
    if (!variant->is_supported()) continue;
    char text[32] = "";
    strcat(strcat(strcat(text, variant->set), " "), variant->profile);
    if (napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &name) != napi_ok) return 0;
    if (napi_set_element(env, list, length++, name) != napi_ok) return 0;
  }
  return napi_set_named_property(env, exports, "variants", list) == napi_ok;
}

NAPI_MODULE_INIT() {
  napi_value create;
  const int made = napi_create_function(env, "createKernels", NAPI_AUTO_LENGTH, create_kernels, NULL, &create) == napi_ok &&
                   napi_set_named_property(env, exports, "createKernels", create) == napi_ok && add_variants(env, exports);
  return made ? exports : NULL;
}

// The C that is generated: the kernels' prototypes and their calls from JavaScript, from the contract that the WebAssembly
// kernels have (shared/kernels/contract.mjs), so that a twin with other parameters does not compile.

const cTypes = new Map([
  ['usize', 'float *'],
  ['OptionalPointer', 'float *'],
  ['i32', 'int32_t'],
  ['u32', 'uint32_t'],
  ['f32', 'float'],
  ['f64', 'double'],
  ['void', 'void'],
]);

const conversions = new Map([
  ['usize', (value) => `pointer(env, engine, ${value})`],
  ['OptionalPointer', (value) => `optional_pointer(env, engine, ${value})`],
  ['i32', (value) => `(int32_t)word(env, ${value})`],
  ['u32', (value) => `word(env, ${value})`],
  ['f32', (value) => `(float)number(env, ${value})`],
  ['f64', (value) => `number(env, ${value})`],
]);

const results = new Map([
  ['i32', 'napi_create_int32'],
  ['u32', 'napi_create_uint32'],
  ['f64', 'napi_create_double'],
]);

/** The names of the kernels that C files define, in the order of the files. */
export function kernelsIn(source) {
  return [...source.matchAll(/^KERNEL \w+ (\w+)\(/gm)].map(([, name]) => name);
}

const parametersOf = ({ parameters }) => parameters.map(({ source }) => cTypes.get(source)).join(', ');

/** kernels.h: what C files that define kernels, and the addon, know of them. */
export function kernelsHeader(kernels) {
  const members = kernels.map(
    (kernel) => `  ${cTypes.get(kernel.resultSource)} (*${kernel.name})(${parametersOf(kernel)});`,
  );
  return `#ifndef KERNELS_H
#define KERNELS_H

#include <stdint.h>

/** A kernel's parameters are those of its WebAssembly twin; a pointer to something else than f32 is converted by the kernel. */
#define KERNEL static

struct kernels {
${members.join('\n')}
};

#endif
`;
}

/** The one translation unit of an object: all kernels, and a table of them under the object's name. */
export function variantSource(files, kernels) {
  const includes = files.map((file) => `#include "${file}"`);
  return `${includes.join('\n')}\n\nconst struct kernels VARIANT = {\n${kernels.map(({ name }) => `    .${name} = ${name},\n`).join('')}};\n`;
}

function callSource({ name, parameters, resultSource }) {
  const list = parameters.map(({ source }, index) => conversions.get(source)(`given[${index}]`)).join(',\n      ');
  const call = `engine->kernels->${name}(\n      ${list})`;
  const result = results.get(resultSource);
  const body =
    result === undefined
      ? `  ${call};\n  return NULL;`
      : `  napi_value result = NULL;\n  ${result}(env, ${call}, &result);\n  return result;`;
  return `static napi_value call_${name}(napi_env env, napi_callback_info info) {
  napi_value given[${parameters.length}];
  size_t count = ${parameters.length};
  struct engine *engine;
  if (napi_get_cb_info(env, info, &count, given, NULL, (void **)&engine) != napi_ok) return NULL;
${body}
}
`;
}

/** calls.h: the kernels' calls, and the variants that there are. */
export function callsHeader(kernels, sets) {
  const variants = sets.flatMap(({ name, profiles }) => profiles.map((profile) => ({ name, profile })));
  const supported = sets.map(({ name, features }) => {
    const tests = features.map((feature) => `__builtin_cpu_supports("${feature}")`);
    return `static int has_${name}(void) { return ${['1', ...tests].join(' && ')}; }`;
  });
  return `${kernels.map(callSource).join('\n')}
static const struct call calls[] = {
${kernels.map(({ name }) => `    {"${name}", call_${name}},\n`).join('')}    {0},
};

${supported.join('\n')}

extern const struct kernels ${variants.map(({ name, profile }) => `${name}_${profile}`).join(', ')};

static const struct variant variants[] = {
${variants.map(({ name, profile }) => `    {"${name}", "${profile}", &${name}_${profile}, has_${name}},\n`).join('')}    {0},
};
`;
}

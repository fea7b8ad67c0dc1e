// What the session needs of every platform beyond ECMAScript. It is compiled without the types of Node or a browser, so
// what is not declared here cannot be used here.

interface AbortSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

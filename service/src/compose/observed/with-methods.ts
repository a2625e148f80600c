/** A port with some of its methods replaced; all else stays its own. */
export function withMethods<Port extends object>(port: Port, replaced: Partial<Port>): Port {
  return new Proxy(port, {
    get(of, name) {
      const own: unknown = Reflect.get(replaced, name);
      if (own !== undefined) return own;
      // Its private fields are its own alone, and not the proxy's.
      const value: unknown = Reflect.get(of, name, of);
      return typeof value === 'function' ? value.bind(of) : value;
    },
  });
}

/** A port with some of its methods replaced; all else stays its own. */
export function withMethods<Port extends object>(port: Port, replaced: Partial<Port>): Port {
  // A method is bound once, not at each of its calls.
  const bound = new Map<PropertyKey, unknown>();
  return new Proxy(port, {
    get(of, name) {
      const own: unknown = Reflect.get(replaced, name);
      if (own !== undefined) return own;
      const known = bound.get(name);
      if (known !== undefined) return known;
      // Its private fields are its own alone, and not the proxy's.
      const value: unknown = Reflect.get(of, name, of);
      if (typeof value !== 'function') return value;
      const method: unknown = value.bind(of);
      bound.set(name, method);
      return method;
    },
  });
}

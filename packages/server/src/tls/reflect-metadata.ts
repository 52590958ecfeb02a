/**
 * The four functions of the Reflect metadata proposal that `tsyringe`, a dependency of `@peculiar/x509`, asks for when it is
 * loaded. Nothing is emitted by decorators here, so a map for each object is enough. Import this before `@peculiar/x509`.
 */
type MetadataKey = string | symbol;

const metadata = new WeakMap<object, Map<MetadataKey, unknown>>();

const own = (key: MetadataKey, target: object): unknown => metadata.get(target)?.get(key);

function inherited(key: MetadataKey, target: object): unknown {
  for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at)) {
    if (metadata.get(at)?.has(key)) return own(key, at);
  }
  return undefined;
}

const functions = {
  getMetadata: inherited,
  getOwnMetadata: own,
  hasOwnMetadata: (key: MetadataKey, target: object): boolean => metadata.get(target)?.has(key) ?? false,
  defineMetadata(key: MetadataKey, value: unknown, target: object): void {
    const values = metadata.get(target) ?? new Map<MetadataKey, unknown>();
    metadata.set(target, values.set(key, value));
  },
};

for (const [name, value] of Object.entries(functions)) {
  if (!(name in Reflect)) Object.defineProperty(Reflect, name, { value, configurable: true, writable: true });
}

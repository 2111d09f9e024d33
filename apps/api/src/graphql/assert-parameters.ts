import 'reflect-metadata';

/** Where Nest's decorators of parameters leave what they know, by a name that ends in their place. */
const decorated = '__routeArguments__';

/**
 * Nest calls a method of which no parameter is decorated as graphql-js would, and fills only decorated ones of any other.
 * @param resolvers classes
 * @throws Error at the start when a method has some parameters that are decorated and some that are not
 */
export function assertParameters(
  resolvers: readonly (abstract new (...all: never[]) => object)[],
): void {
  const halves = resolvers.flatMap((resolver) =>
    Object.getOwnPropertyNames(resolver.prototype)
      .filter((name) => isHalf(resolver, name))
      .map((name) => `${resolver.name}.${name}`),
  );
  if (halves.length === 0) return;
  throw new Error(`All their parameters want a decorator, or none: ${halves.join(', ')}`);
}

function isHalf(resolver: { readonly prototype: object }, name: string): boolean {
  const types = Reflect.getMetadata('design:paramtypes', resolver.prototype, name) as
    readonly unknown[] | undefined;
  const known = (Reflect.getMetadata(decorated, resolver, name) ?? {}) as object;
  const places = new Set(Object.keys(known).map((key) => key.replace(/^.*:/, '')));
  return places.size > 0 && places.size !== types?.length;
}

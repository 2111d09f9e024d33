import { Args, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { CurrentActor } from '../access/current-actor';
import { assertParameters } from './assert-parameters';
import { graphqlOptions } from './graphql-options';
import { resolvers } from './resolvers';

@Resolver()
class Right {
  @Query(() => String)
  all(@CurrentActor() actor: unknown, @Args('id') id: string): string {
    return JSON.stringify([actor, id]);
  }

  @ResolveField(() => String)
  none(parent: object, _: unknown, { loaders }: { loaders: object }): string {
    return JSON.stringify([parent, loaders]);
  }

  @ResolveField(() => String)
  empty(): string {
    return '';
  }
}

@Resolver()
class Wrong {
  @ResolveField(() => String)
  lost(@Parent() parent: object, @Args('id') id: string, context: object): string {
    return JSON.stringify([parent, id, context]);
  }

  @ResolveField(() => String)
  late(parent: object, @Args('id') id: string): string {
    return JSON.stringify([parent, id]);
  }
}

describe('the methods of resolvers', () => {
  it('have parameters that are all decorated, or none', () => {
    expect(() => {
      assertParameters([Right, ...resolvers]);
    }).not.toThrow();
  });

  it('are named where Nest would leave a parameter empty', () => {
    expect(() => {
      assertParameters([Right, Wrong]);
    }).toThrow('All their parameters want a decorator, or none: Wrong.lost, Wrong.late');
  });

  it('refuse the start then', () => {
    const none = undefined as never;
    const all = resolvers as unknown[];
    all.push(Wrong);
    try {
      expect(() => graphqlOptions(none, none, none, none, none)).toThrow('Wrong.lost');
    } finally {
      all.pop();
    }
  });
});

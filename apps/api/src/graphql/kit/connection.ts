import { mostCounted, type Page } from '@app/core';
import type { Type } from '@nestjs/common';
import { ArgsType, Directive, Field, Int, ObjectType } from '@nestjs/graphql';
import { Max, Min } from 'class-validator';
import type { Cursor } from './cursor';
import { costOfCount } from './declared-costs';

const largestPage = 500;

@ArgsType()
export class PageArgs {
  @Field(() => Int, { description: `How many at most, from 1 to ${largestPage}.` })
  @Min(1, { message: `wants a number from 1 to ${largestPage}` })
  @Max(largestPage, { message: `wants a number from 1 to ${largestPage}` })
  first = 50;

  @Field(() => String, {
    nullable: true,
    description: 'The endCursor of the page before; absent for the first page.',
  })
  after?: string;
}

@ObjectType('PageInfo', { description: 'Where a page of a list ends.' })
export class PageInfoType {
  @Field(() => Boolean, { description: 'Whether more follow.' })
  hasNextPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'What to give as `after` for the next page; null on an empty page.',
  })
  endCursor!: string | null;
}

export interface Connection<Node> {
  readonly edges: { readonly node: Node; readonly cursor: string }[];
  readonly pageInfo: PageInfoType;
}

/** A page of a list that can be counted. */
export interface CountedConnection<Node> extends Connection<Node> {
  /** The count, up to `mostCounted`; it is made when an operation selects it. */
  readonly totalCount: Promise<number>;
  /** Whether there are no more than `totalCount`. */
  readonly totalCountIsExact: Promise<boolean>;
}

/** Makes the GraphQL types of a list in pages (Relay's cursor connections), `<name>Edge` and `<name>Connection`. */
export function connectionOf<Node>(node: Type<Node>, name: string) {
  const noun = name
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase()
    .replace(/^api\b/, 'API');
  const plural = /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;

  @ObjectType(`${name}Edge`, { description: `One ${noun} of a page.` })
  class EdgeType {
    @Field(() => node, { description: `The ${noun}.` })
    node!: Node;

    @Field(() => String, { description: `The place of this ${noun} in the list, opaque.` })
    cursor!: string;
  }

  @ObjectType(`${name}Connection`, { description: `One page of a list of ${plural}.` })
  class ConnectionType {
    @Field(() => [EdgeType], { description: 'What the page holds.' })
    edges!: EdgeType[];

    @Field(() => PageInfoType, { description: 'Whether and how it goes on.' })
    pageInfo!: PageInfoType;
  }

  return ConnectionType;
}

/** Works as `connectionOf`, for a list that can be counted. */
export function countedConnectionOf<Node>(node: Type<Node>, name: string) {
  const ConnectionType = connectionOf(node, name);
  const fields = ConnectionType.prototype as object;
  Field(() => Int, {
    description: `How many there are on all pages together, up to ${mostCounted}. Counted only where it is asked for, which is dear.`,
  })(fields, 'totalCount');
  Directive(costOfCount)(fields, 'totalCount');
  Field(() => Boolean, {
    description: `Whether totalCount is all; false where there are more than ${mostCounted}.`,
  })(fields, 'totalCountIsExact');
  Directive(costOfCount)(fields, 'totalCountIsExact');
  return ConnectionType;
}

/** Shows a page as GraphQL does. */
export function connect<Node extends Position, Position extends object>(
  page: Page<Node>,
  cursor: Cursor<Position>,
): Connection<Node> {
  const edges = page.items.map((node) => ({ node, cursor: cursor.write(node) }));
  return {
    edges,
    pageInfo: { hasNextPage: page.hasMore, endCursor: edges.at(-1)?.cursor ?? null },
  };
}

/**
 * Works as `connect`.
 * @param count is called once, where the operation asks for it; it may stop at one more than `mostCounted`
 */
export function connectCounted<Node extends Position, Position extends object>(
  page: Page<Node>,
  cursor: Cursor<Position>,
  count: () => Promise<number>,
): CountedConnection<Node> {
  let counting: Promise<number> | undefined;
  const counted = () => (counting ??= count());
  return {
    ...connect(page, cursor),
    get totalCount() {
      return counted().then((total) => Math.min(total, mostCounted));
    },
    get totalCountIsExact() {
      return counted().then((total) => total <= mostCounted);
    },
  };
}

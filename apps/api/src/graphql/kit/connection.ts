import type { Type } from '@nestjs/common';
import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import { Max, Min } from 'class-validator';

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

export interface Page<Node> {
  readonly edges: { readonly node: Node; readonly cursor: string }[];
  readonly pageInfo: PageInfoType;
}

/** A page of a list that can be counted. */
export interface CountedPage<Node> extends Page<Node> {
  /** Counts when it is read, which happens where an operation selects it. */
  readonly totalCount: Promise<number>;
}

/** The GraphQL types of a list in pages (Relay's cursor connections), `<name>Edge` and `<name>Connection`. */
export function connectionOf<Node>(node: Type<Node>, name: string) {
  const noun = name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`;

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

/** As `connectionOf`, of a list that can be counted. */
export function countedConnectionOf<Node>(node: Type<Node>, name: string) {
  const ConnectionType = connectionOf(node, name);
  Field(() => Int, {
    description: 'How many there are on all pages together. Counted only where it is asked for.',
  })(ConnectionType.prototype as object, 'totalCount');
  return ConnectionType;
}

/** @param rows one more than the page holds, where there are so many */
export function pageOf<Node>(
  rows: readonly Node[],
  first: number,
  cursorOf: (node: Node) => string,
): Page<Node> {
  const edges = rows.slice(0, first).map((node) => ({ node, cursor: cursorOf(node) }));
  return {
    edges,
    pageInfo: { hasNextPage: rows.length > first, endCursor: edges.at(-1)?.cursor ?? null },
  };
}

/** @param count is called where the operation asks for it */
export function countedPageOf<Node>(
  rows: readonly Node[],
  first: number,
  cursorOf: (node: Node) => string,
  count: () => Promise<number>,
): CountedPage<Node> {
  return counted(pageOf(rows, first, cursorOf), count);
}

/** A page of what comes with its place in the list. */
export function placedPageOf<Node, Position>(
  rows: readonly { readonly node: Node; readonly position: Position }[],
  first: number,
  cursorOf: (position: Position) => string,
  count: () => Promise<number>,
): CountedPage<Node> {
  const { edges, pageInfo } = pageOf(rows, first, ({ position }) => cursorOf(position));
  const nodes = edges.map(({ node, cursor }) => ({ node: node.node, cursor }));
  return counted({ edges: nodes, pageInfo }, count);
}

function counted<Node>(
  { edges, pageInfo }: Page<Node>,
  count: () => Promise<number>,
): CountedPage<Node> {
  return {
    edges,
    pageInfo,
    get totalCount() {
      return count();
    },
  };
}

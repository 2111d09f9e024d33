import type { MessageContent } from '@app/push';
import type { ValueTransformer } from 'typeorm';

type Stored = Omit<MessageContent, 'validUntil'> & { readonly validUntil?: string };

/**
 * TypeORM copies and compares plain objects member by member, and so loses or stumbles over custom data named
 * `constructor` or `hasOwnProperty`. An instance it hands on as it is.
 */
class OpaqueContent implements MessageContent {
  readonly silent = false;
}

export const opaque = (content: MessageContent): MessageContent =>
  Object.assign(new OpaqueContent(), content);

/** jsonb knows no dates: `validUntil` is ISO text there. */
export const contentColumn: ValueTransformer = {
  to: (content: MessageContent | undefined) => content,
  from: ({ validUntil, ...content }: Stored): MessageContent =>
    opaque(validUntil === undefined ? content : { ...content, validUntil: new Date(validUntil) }),
};

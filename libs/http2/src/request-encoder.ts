import { Encoder, type Head, type Indexing } from './hpack/encoder';

/** Header fields by their lower-case names. */
export type HeaderFields = Readonly<Record<string, string>>;

/** Says how a field is to be compressed, by its name. */
export type IndexingPolicy = (name: string) => Indexing;

/** A request that can't be sent: it breaks RFC 9113 §8.2, or has more fields than the peer takes. */
class InvalidRequest extends Error {}

/** What RFC 9113 §6.5.2 adds to each field. */
const fieldOverhead = 32;
/** What compressed blocks need beyond the size of their list, at most: two changes of the table's size. */
const blockOverhead = 16;
/** What a buffer of the writer takes with room to spare. */
const maxListSize = 32_768;

const fieldName = /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/;
const badValue = /[^\t\x20-\x7e\x80-\xff]/;

/** The fields that many requests have in common, ready to be sent. */
interface SharedHead {
  readonly fields: HeaderFields;
  readonly pseudo: Head;
  readonly regular: Head;
  readonly listSize: number;
}

/** Compresses the fields of requests to one origin. Those that come with every request are encoded once. */
export class RequestEncoder {
  private readonly encoder = new Encoder();
  /** Those of all heads that anybody still has: the requests of many messages come in turn. */
  private readonly known = new WeakMap<HeaderFields, SharedHead>();
  private shared: SharedHead | undefined;

  constructor(
    private readonly scheme: string,
    private readonly authority: string,
    private readonly indexing: IndexingPolicy,
  ) {}

  /** Heeds the peer's SETTINGS_HEADER_TABLE_SIZE. */
  setTableSize(size: number): void {
    this.encoder.setTableSize(size);
  }

  /**
   * Checks a request, whose fields are the next to be written.
   * @returns the bytes that its block takes at most
   * @throws InvalidRequest
   */
  prepare(head: HeaderFields, own: HeaderFields, peerMaxListSize: number): number {
    if (head !== this.shared?.fields) this.shared = this.known.get(head) ?? this.share(head);
    let listSize = this.shared.listSize;
    for (const name in own) listSize += sizeOf(name, own[name] ?? '');
    if (listSize > peerMaxListSize || listSize > maxListSize) {
      throw new InvalidRequest(`A request's header fields of ${listSize} bytes`);
    }
    return listSize + blockOverhead;
  }

  /** Writes the block of the request that was prepared last: pseudo-header fields come first. @returns where it ends */
  write(own: HeaderFields, target: Buffer, offset: number): number {
    const { encoder, shared, indexing } = this;
    if (shared === undefined) throw new Error('Nothing is prepared');
    let end = encoder.beginBlock(target, offset);
    end = encoder.writeHead(shared.pseudo, target, end);
    for (const name in own) {
      if (isPseudo(name))
        end = encoder.writeField(name, own[name] ?? '', indexing(name), target, end);
    }
    end = encoder.writeHead(shared.regular, target, end);
    for (const name in own) {
      if (!isPseudo(name))
        end = encoder.writeField(name, own[name] ?? '', indexing(name), target, end);
    }
    return end;
  }

  private share(fields: HeaderFields): SharedHead {
    const all = Object.entries({
      ...fields,
      ':scheme': this.scheme,
      ':authority': this.authority,
    });
    const outgoing = all.map(([name, value]) => [name, value, this.indexing(name)] as const);
    let listSize = 0;
    for (const [name, value] of all) {
      if (!fieldName.test(name)) throw new InvalidRequest(`A field name ${JSON.stringify(name)}`);
      listSize += sizeOf(name, value);
    }
    const shared = {
      fields,
      pseudo: this.encoder.head(outgoing.filter(([name]) => isPseudo(name))),
      regular: this.encoder.head(outgoing.filter(([name]) => !isPseudo(name))),
      listSize,
    };
    this.known.set(fields, shared);
    return shared;
  }
}

function sizeOf(name: string, value: string): number {
  if (badValue.test(value)) throw new InvalidRequest(`A character that no field has, in ${name}`);
  return name.length + value.length + fieldOverhead;
}

function isPseudo(name: string): boolean {
  return name.charCodeAt(0) === 0x3a;
}

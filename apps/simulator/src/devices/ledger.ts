import type { IncomingHttpHeaders } from 'node:http';
import { type Gateway, gateways } from '@app/core';

/** One notification on a device's screen. */
export interface ShownNotification {
  /** The key that a later notification replaces this one by. */
  readonly collapseKey: string | undefined;
  readonly title: string | undefined;
  readonly atMs: number;
  /** Kept for the last `keepPayloads` notifications and for watched devices, so that a million devices fit into memory. */
  readonly detail: ShownDetail | undefined;
}

export interface ShownDetail {
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** The request's body as it came. */
  readonly payload: string;
}

/** Why an accepted request shows nothing: it has no text, came too late, or holds what iOS can't read, such as a null. */
export type HiddenCause = 'silent' | 'expired' | 'unreadable';

export interface GatewaySummary {
  readonly requests: number;
  readonly accepted: number;
  /** Refusals by reason; requests that a fault left without an answer count as `unanswered`. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly hidden: Readonly<Record<HiddenCause, number>>;
  /** Devices with at least one accepted request. */
  readonly devices: number;
  /** Notifications put on a screen, replacements included. */
  readonly shown: number;
  readonly replaced: number;
  readonly devicesShowingMoreThanOne: number;
}

interface Mutable extends ShownNotification {
  detail: ShownDetail | undefined;
}

/** Counts and screens of one gateway. */
class Book {
  requests = 0;
  accepted = 0;
  rejected: Record<string, number> = {};
  hidden: Record<HiddenCause, number> = { silent: 0, expired: 0, unreadable: 0 };
  shown = 0;
  replaced = 0;
  showingMoreThanOne = 0;
  /** Screens by device. A single notification is stored without an array: one each would cost a million devices 32 MB. */
  readonly screens = new Map<string, Mutable | Mutable[]>();
}

const nothing: Mutable[] = [];

/** Knows what every device would show now: was a notification seen, and seen once? Devices are always online. */
export class Ledger {
  #books: Record<Gateway, Book> = { apns: new Book(), fcm: new Book() };
  readonly #watched = new Set<string>();
  #kept: (Mutable | undefined)[] = [];
  #keptNext = 0;
  /** One copy of each title, for titles repeat. The map is bounded, for the case that they do not. */
  readonly #titles = new Map<string, string>();

  constructor(private readonly keepPayloads = 1000) {}

  /** Keeps payload and headers of all that this device shows from now on. */
  watch(gateway: Gateway, token: string): void {
    this.#watched.add(`${gateway} ${nameOf(gateway, token)}`);
  }

  answered(gateway: Gateway, reason: string | undefined): void {
    const book = this.#books[gateway];
    book.requests++;
    if (reason === undefined) book.accepted++;
    else book.rejected[reason] = (book.rejected[reason] ?? 0) + 1;
  }

  hide(gateway: Gateway, token: string, cause: HiddenCause): void {
    const book = this.#books[gateway];
    book.hidden[cause]++;
    if (!book.screens.has(token)) book.screens.set(compact(token), nothing);
  }

  show(gateway: Gateway, token: string, notification: ShownNotification): void {
    const book = this.#books[gateway];
    const { collapseKey, title } = notification;
    const entry: Mutable = {
      ...notification,
      collapseKey: collapseKey === undefined ? undefined : compact(collapseKey),
      title: title === undefined ? undefined : this.#intern(title),
    };
    if (!this.#watched.has(`${gateway} ${token}`)) this.#keepAWhile(entry);
    book.shown++;

    const screen = book.screens.get(token);
    if (screen === undefined || screen === nothing) {
      book.screens.set(compact(token), entry);
      return;
    }
    const list = Array.isArray(screen) ? screen : [screen];
    const same = list.findIndex(
      (earlier) => collapseKey !== undefined && earlier.collapseKey === collapseKey,
    );
    if (same >= 0) {
      book.replaced++;
      if (Array.isArray(screen)) list[same] = entry;
      else book.screens.set(token, entry);
      return;
    }
    list.push(entry);
    if (list.length === 2) {
      book.showingMoreThanOne++;
      book.screens.set(token, list);
    }
  }

  /** Returns what the device shows, oldest first. */
  of(gateway: Gateway, token: string): readonly ShownNotification[] {
    return asList(this.#books[gateway].screens.get(nameOf(gateway, token)) ?? nothing);
  }

  /** Counts the devices that show a notification with this collapse key, or this title, or both. */
  devicesShowing(
    gateway: Gateway,
    filter: { readonly collapseKey?: string | undefined; readonly title?: string | undefined },
  ): number {
    const wanted = (shown: ShownNotification) =>
      (filter.collapseKey === undefined || shown.collapseKey === filter.collapseKey) &&
      (filter.title === undefined || shown.title === filter.title);
    let devices = 0;
    for (const screen of this.#books[gateway].screens.values()) {
      if (asList(screen).some(wanted)) devices++;
    }
    return devices;
  }

  summary(): Readonly<Record<Gateway, GatewaySummary>> {
    return { apns: summaryOf(this.#books.apns), fcm: summaryOf(this.#books.fcm) };
  }

  reset(): void {
    for (const gateway of gateways) this.#books[gateway] = new Book();
    this.#watched.clear();
    this.#kept = [];
    this.#keptNext = 0;
    this.#titles.clear();
  }

  #keepAWhile(entry: Mutable): void {
    if (this.keepPayloads === 0) {
      entry.detail = undefined;
      return;
    }
    const oldest = this.#kept[this.#keptNext];
    if (oldest) oldest.detail = undefined;
    this.#kept[this.#keptNext] = entry;
    this.#keptNext = (this.#keptNext + 1) % this.keepPayloads;
  }

  #intern(title: string): string {
    const known = this.#titles.get(title);
    if (known !== undefined) return known;
    if (this.#titles.size < 10_000) this.#titles.set(title, title);
    return title;
  }
}

/** Names a device. APNs tokens are hexadecimal; they are kept in lower case. */
function nameOf(gateway: Gateway, token: string): string {
  return gateway === 'apns' ? token.toLowerCase() : token;
}

function asList(screen: Mutable | Mutable[]): readonly Mutable[] {
  return Array.isArray(screen) ? screen : [screen];
}

/** Copies a text: a header's text may hold on to a whole HTTP/2 frame; a copy holds only itself. */
function compact(text: string): string {
  return Buffer.from(text).toString();
}

function summaryOf(book: Book): GatewaySummary {
  return {
    requests: book.requests,
    accepted: book.accepted,
    rejected: { ...book.rejected },
    hidden: { ...book.hidden },
    devices: book.screens.size,
    shown: book.shown,
    replaced: book.replaced,
    devicesShowingMoreThanOne: book.showingMoreThanOne,
  };
}

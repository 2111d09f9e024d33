import type { Gateway } from '@app/core';
import { type FaultRule, type RequestFault, faultRule } from './fault-rule';
import { SimulatorInputError } from './simulator.errors';

export type ListedRule = FaultRule & { readonly id: number };

interface ActiveRule {
  readonly id: number;
  readonly rule: FaultRule;
  readonly action: RequestFault;
  passesLeft: number;
  strikesLeft: number;
}

/** Makes faults on demand. Rules are tried in the order of their making; the first that strikes decides. */
export class FaultScripts {
  #rules: ActiveRule[] = [];
  /** Rules for one exact device, found without a walk: a test may hold ten thousand of them. */
  readonly #byToken = new Map<string, ActiveRule[]>();
  #nextId = 1;

  /** @param refuse closes the gateway's listener for so many milliseconds and drops its connections. */
  constructor(private readonly refuse: (gateway: Gateway, ms: number) => void) {}

  /** @returns the rule's id. @throws SimulatorInputError naming what is wrong with the rule. */
  add(rule: FaultRule): number {
    const parsed = faultRule.safeParse(rule);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new SimulatorInputError(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
    }
    const id = this.#nextId++;
    const { action } = parsed.data;
    if (action.type === 'refuse') {
      this.refuse(rule.gateway, action.ms);
      return id;
    }
    const active: ActiveRule = {
      id,
      rule: parsed.data,
      action,
      passesLeft: rule.after ?? 0,
      strikesLeft: rule.times ?? Infinity,
    };
    if (rule.token === undefined) this.#rules.push(active);
    else {
      const key = `${rule.gateway} ${rule.token}`;
      this.#byToken.set(key, [...(this.#byToken.get(key) ?? []), active]);
    }
    return id;
  }

  get empty(): boolean {
    return this.#rules.length === 0 && this.#byToken.size === 0;
  }

  /** Lists rules that can still strike. */
  list(): ListedRule[] {
    return [...this.#rules, ...[...this.#byToken.values()].flat()]
      .sort((a, b) => a.id - b.id)
      .map(({ id, rule }) => ({ id, ...rule }));
  }

  clear(): void {
    this.#rules = [];
    this.#byToken.clear();
  }

  /** Returns the fault that this request meets, if any. @param connectionRequests received on its connection, with this one */
  strike(
    gateway: Gateway,
    token: string | undefined,
    connectionRequests: number,
  ): RequestFault | undefined {
    const exact = token === undefined ? [] : (this.#byToken.get(`${gateway} ${token}`) ?? []);
    for (const active of [...exact, ...this.#rules]) {
      if (!matches(active.rule, gateway, token)) continue;
      const { action } = active;
      if (action.type === 'goaway' && connectionRequests < action.afterRequests) continue;
      if (active.passesLeft > 0) {
        active.passesLeft--;
        continue;
      }
      active.strikesLeft--;
      if (active.strikesLeft === 0) this.#remove(active);
      return action;
    }
    return undefined;
  }

  #remove(active: ActiveRule): void {
    const { gateway, token } = active.rule;
    if (token === undefined) {
      this.#rules = this.#rules.filter((other) => other !== active);
      return;
    }
    const key = `${gateway} ${token}`;
    const rest = (this.#byToken.get(key) ?? []).filter((other) => other !== active);
    if (rest.length === 0) this.#byToken.delete(key);
    else this.#byToken.set(key, rest);
  }
}

function matches(rule: FaultRule, gateway: Gateway, token: string | undefined): boolean {
  if (rule.gateway !== gateway) return false;
  if (rule.tokenPrefix !== undefined) return token?.startsWith(rule.tokenPrefix) ?? false;
  return true;
}

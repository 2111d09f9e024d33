import type { ScriptedRefusal } from '../wire/request';
import { TokenBucket, WindowQuota } from './quota';

const minuteMs = 60_000;
const collapsibleBurst = 20;
const collapsibleRefillMs = 3 * minuteMs;

export interface FcmQuotaOptions {
  /** The messages of one project in a minute; 0 is no limit. Google's default is 600 000. */
  readonly projectPerMinute: number;
  /** Where in the clock's minute the project's minutes begin. Google's are not aligned with the clock. */
  readonly projectPhaseMs: number;
  /** The messages to one device in a minute; 0 is no limit. Google's figure for Android is 240. */
  readonly devicePerMinute: number;
  /** Whether collapsible messages are also held to 20 per device and one more every 3 minutes. */
  readonly collapsible: boolean;
  /** Whether a 429 has a Retry-After: Google's documentation only says that it may be there. */
  readonly retryAfter: boolean;
}

/** Limits how often who may send. Counts in memory: a million devices cost it a map of a million numbers. */
export class FcmQuotas {
  readonly #projects: WindowQuota;
  readonly #devices: WindowQuota;
  readonly #collapsible = new TokenBucket(collapsibleBurst, collapsibleRefillMs);

  constructor(private readonly options: FcmQuotaOptions) {
    this.#projects = new WindowQuota(options.projectPerMinute, minuteMs, options.projectPhaseMs);
    this.#devices = new WindowQuota(options.devicePerMinute, minuteMs);
  }

  takeProject(project: string, nowMs: number): ScriptedRefusal | undefined {
    return this.#refusal('project', this.#projects.take(project, nowMs));
  }

  takeDevice(token: string, collapsible: boolean, nowMs: number): ScriptedRefusal | undefined {
    const waitMs =
      this.#devices.take(token, nowMs) ||
      (collapsible && this.options.collapsible ? this.#collapsible.take(token, nowMs) : 0);
    return this.#refusal('device', waitMs);
  }

  reset(): void {
    this.#projects.reset();
    this.#devices.reset();
    this.#collapsible.reset();
  }

  #refusal(quota: 'project' | 'device', waitMs: number): ScriptedRefusal | undefined {
    if (waitMs === 0) return undefined;
    return {
      status: 429,
      reason: 'QUOTA_EXCEEDED',
      quota,
      ...(this.options.retryAfter ? { retryAfterSeconds: Math.ceil(waitMs / 1000) } : {}),
    };
  }
}

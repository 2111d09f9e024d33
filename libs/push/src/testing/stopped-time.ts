import type { Time } from '../http2/time';

interface Habit {
  readonly ms: number;
  readonly work: () => void;
  dueAt: number;
}

/** A time that passes only when it is told to, however busy the machine is. */
export class StoppedTime implements Time {
  private at = 0;
  private readonly habits = new Set<Habit>();

  now(): number {
    return this.at;
  }

  every(ms: number, work: () => void): () => void {
    const habit = { ms, work, dueAt: this.at + ms };
    this.habits.add(habit);
    return () => this.habits.delete(habit);
  }

  /** Lets time pass. Whatever is due meanwhile is done at its moment. */
  pass(ms: number): void {
    const end = this.at + ms;
    for (;;) {
      const [next] = [...this.habits].sort((a, b) => a.dueAt - b.dueAt);
      if (next === undefined || next.dueAt > end) break;
      this.at = next.dueAt;
      next.dueAt += next.ms;
      next.work();
    }
    this.at = end;
  }

  /** Lets time pass in which this process stands still: whatever was due meanwhile is done once, when it goes on. */
  standStill(ms: number): void {
    this.at += ms;
    for (const habit of [...this.habits]) {
      if (habit.dueAt > this.at) continue;
      habit.dueAt = this.at + habit.ms;
      habit.work();
    }
  }
}

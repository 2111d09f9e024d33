/** The time that connections and their requests go by. */
export interface Time {
  /** The milliseconds since some moment; nobody sets this clock back or ahead. */
  now(): number;
  /** Does something again and again, and keeps no process alive for it. @returns what ends it */
  every(ms: number, work: () => void): () => void;
}

export const processTime: Time = {
  now: () => performance.now(),
  every: (ms, work) => {
    const timer = setInterval(work, ms).unref();
    return () => {
      clearInterval(timer);
    };
  },
};

import TestSequencer from '@jest/test-sequencer';

/** Runs what starts processes and whole servers first, so that none of it goes on alone at the end. */
export default class LongFilesFirst extends TestSequencer {
  sort(tests) {
    const isLong = ({ path }) => path.includes('/apps/standalone/');
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
}

import { seededRandom } from '@app/testing/seeded-random';
import { FrameReader } from './frame-reader';
import { ProtocolError } from './protocol';
import { frame, settings } from '../testing/raw-peer';

describe('The reader of frames', () => {
  const fraction = seededRandom(1836);
  const random = (below: number) => Math.floor(fraction() * below);

  it('gives the same frames, however they are cut', () => {
    const frames = [settings()];
    for (let i = 0; i < 20_000; i++) {
      const payload = Buffer.alloc(random(20) === 0 ? random(16_385) : random(40), i);
      frames.push(frame(random(256), random(256), random(2 ** 31), payload));
    }
    const bytes = Buffer.concat(frames);
    const read: Buffer[] = [];
    const reader = new FrameReader({
      frame: (type, flags, id, from, start, end) => {
        read.push(frame(type, flags, id, from.subarray(start, end)));
      },
    });
    for (let at = 0; at < bytes.length;) {
      const chunk = random(3) === 0 ? random(12) : random(3_000);
      reader.read(bytes.subarray(at, (at += chunk)));
    }
    expect(Buffer.concat(read).equals(bytes)).toBe(true);
  });

  it('gives frames or a ProtocolError for 100 000 chunks at random', () => {
    let errors = 0;
    let frames = 0;
    let reader = new FrameReader({ frame: () => frames++ });
    reader.read(settings());
    for (let i = 0; i < 100_000; i++) {
      const chunk = Buffer.alloc(random(30));
      for (let j = 0; j < chunk.length; j++) chunk[j] = random(3) === 0 ? random(256) : 0;
      try {
        reader.read(chunk);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        errors++;
        reader = new FrameReader({ frame: () => frames++ });
        reader.read(settings());
      }
    }
    expect([errors, frames].every((count) => count > 1_000)).toBe(true);
  });

  it('reads nothing more once it is stopped', () => {
    const types: number[] = [];
    const reader = new FrameReader({
      frame: (type) => {
        types.push(type);
        if (type === 6) reader.stop();
      },
    });
    reader.read(Buffer.concat([settings(), frame(6, 0, 0), frame(0, 0, 1)]));
    reader.read(frame(0, 0, 1));
    expect(types).toEqual([4, 6]);
  });
});

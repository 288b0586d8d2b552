/**
 * Copies claimed files to the local staging folder and hashes them on the way, up to four side by side: their MD5s cost one
 * core little more than one file's. Files come and go independently; between two rounds other calls are heard. A share that
 * hangs in one of them holds them all up, which is why a file that failed before is given a thread, and so a stage, of its own.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { blockPlan } from '../../domain/blocks/block-plan';
import type { FileToStage, StageOutcome } from '../../ports/share-files';
import { failed, FileCopy } from './file-copy';
import { LANES, Md5Lanes, STEP } from './md5-lanes';
import type { ShareDisk, ShareRoots } from './share-disk';

/** Four of them stay in a core's cache between being read and being hashed. */
const PIECE = 256 * 1024;
/** Files open at a time. */
const MOST_OPEN = 256;
/**
 * Files that are made durable together once all are copied. A disk's journal takes many files in one go, and holds up whoever
 * makes or removes others meanwhile: sixteen files told of one by one cost it sixteen times as much as together.
 */
const MOST_TOGETHER = 128;

interface Group {
  /** Files still to be copied. */
  left: number;
  readonly copied: (() => void)[];
}

interface Waiting {
  readonly file: FileToStage;
  readonly group: Group;
  readonly onProgress: (bytes: number) => void;
  readonly settle: (outcome: StageOutcome) => void;
}

interface Aboard extends Waiting {
  readonly copy: FileCopy;
  readonly blockSize: number;
  /** Its blocks are hashed, too. */
  readonly inBlocks: boolean;
  readonly blockMd5s: string[];
  blockBytes: number;
  /** Read in this round; the tail of the file when fewer than asked for. */
  pieceBytes: number;
  ended: boolean;
}

export class Stage {
  readonly #waiting: Waiting[] = [];
  readonly #aboard: (Aboard | undefined)[] = Array.from({ length: LANES }, () => undefined);
  #lanes: Md5Lanes | undefined;
  #open = 0;
  #running = false;

  constructor(
    private readonly disk: ShareDisk,
    private readonly roots: ShareRoots,
  ) {}

  /** Never rejects: what becomes of each file is its outcome. */
  copy(files: readonly FileToStage[], onProgress: (bytes: number) => void): Promise<readonly StageOutcome[]> {
    const groups = Array.from({ length: Math.ceil(files.length / MOST_TOGETHER) }, (_, i): Group => {
      const left = Math.min(MOST_TOGETHER, files.length - i * MOST_TOGETHER);
      return { left, copied: [] };
    });
    const outcomes = files.map((file, i) => {
      const group = groups[Math.floor(i / MOST_TOGETHER)] ?? { left: 1, copied: [] };
      return new Promise<StageOutcome>((settle) => this.#waiting.push({ file, group, onProgress, settle }));
    });
    if (!this.#running) void this.#run();
    return Promise.all(outcomes);
  }

  async #run(): Promise<void> {
    this.#running = true;
    const lanes = (this.#lanes ??= new Md5Lanes(PIECE));
    for (;;) {
      this.#board(lanes);
      if (this.#aboard.every((one) => one === undefined)) break;
      this.#round(lanes);
      await nextTurn();
    }
    this.#running = false;
  }

  #board(lanes: Md5Lanes): void {
    for (let lane = 0; lane < LANES; lane++) {
      while (!this.#aboard[lane] && this.#open < MOST_OPEN) {
        const next = this.#waiting.shift();
        if (!next) return;
        this.#aboard[lane] = this.#begin(next);
        lanes.begin(lane, 'whole');
        lanes.begin(lane, 'block');
      }
    }
  }

  #begin(next: Waiting): Aboard | undefined {
    try {
      const copy = FileCopy.open(this.disk, this.roots, next.file.path);
      if (copy instanceof FileCopy) {
        // Blocks end where MD5's steps do.
        const wanted = next.file.blockSize - (next.file.blockSize % STEP);
        const { blockSize, count } = blockPlan(copy.state.size, wanted);
        const fresh = { blockMd5s: [], blockBytes: 0, pieceBytes: 0, ended: false };
        this.#open++;
        return { ...next, copy, blockSize, inBlocks: count > 1, ...fresh };
      }
      next.settle(copy);
    } catch (error) {
      next.settle(failed(error));
    }
    passed(next.group);
    return undefined;
  }

  /** The next piece of each file: read, written, hashed. */
  #round(lanes: Md5Lanes): void {
    for (const [lane, one] of this.#aboard.entries()) {
      if (!one) continue;
      const piece = lanes.memory(lane).subarray(0, Math.min(PIECE, one.blockSize - one.blockBytes));
      try {
        const bytes = one.copy.piece(piece);
        one.pieceBytes = bytes ?? 0;
        one.blockBytes += one.pieceBytes;
        one.ended = bytes === undefined || bytes < piece.length;
        one.onProgress(one.pieceBytes);
      } catch (error) {
        this.#aboard[lane] = undefined;
        this.#close(one.copy.abandon(error).then(one.settle));
        passed(one.group);
      }
    }
    lanes.advance(this.#aboard.map((one) => one?.pieceBytes ?? 0));
    for (const [lane, one] of this.#aboard.entries()) {
      if (!one) continue;
      const tail = lanes.memory(lane).subarray(one.pieceBytes - (one.pieceBytes % STEP), one.pieceBytes);
      if (one.inBlocks && one.blockBytes > 0 && (one.ended || one.blockBytes === one.blockSize)) {
        one.blockMd5s.push(lanes.digest(lane, 'block', tail, one.blockBytes));
        lanes.begin(lane, 'block');
        one.blockBytes = 0;
      } else if (one.blockBytes === one.blockSize) one.blockBytes = 0;
      if (!one.ended) continue;
      const md5 = lanes.digest(lane, 'whole', tail, one.copy.copied);
      this.#aboard[lane] = undefined;
      one.group.copied.push(() => this.#close(this.#seal(one, md5)));
      passed(one.group);
    }
  }

  async #seal({ copy, settle, blockMd5s, blockSize }: Aboard, md5: string): Promise<void> {
    const sealed = await copy.seal();
    settle(sealed.kind === 'staged' ? { kind: 'staged', state: copy.state, md5, blockMd5s, blockSize } : sealed);
  }

  #close(end: Promise<void>): void {
    void end.finally(() => {
      this.#open--;
      if (!this.#running && this.#waiting.length > 0) void this.#run();
    });
  }
}

/** One file less to be copied; after the last one all are made durable. */
function passed(group: Group): void {
  group.left--;
  if (group.left === 0) for (const seal of group.copied) seal();
}

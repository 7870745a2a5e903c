/** A bug planted on purpose: texts of one file of the sources, and what stands there instead. */
export interface Mutant {
  readonly name: string;
  /** What goes wrong with it. */
  readonly bug: string;
  readonly changes: readonly {
    /** Below the root of the repository. */
    readonly file: string;
    /** Stands in the file exactly once. */
    readonly find: string;
    readonly replace: string;
  }[];
}

/** Every way in which sinks of this kind have been wrong. The simulation must catch each. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'guard-outside-retry',
    bug: 'the committed positions are read once, and not in every attempt',
    changes: [
      {
        file: 'src/app/commit-staged/commit-links.ts',
        find: 'states = readSourceStates(base);',
        replace: 'if (states.size === 0) states = readSourceStates(base);',
      },
    ],
  },
  {
    name: 'marker-before-commit',
    bug: 'staged batches are crossed off before they are committed',
    changes: [
      {
        file: 'src/app/commit-staged.ts',
        find: 'const descriptors: DescriptorMemory = new Map();',
        replace:
          'const descriptors: DescriptorMemory = new Map(); for (const chain of chains) await pruneChain(deps, config.domain, { chain, committed: chain.links });',
      },
    ],
  },
  {
    name: 'blind-retry-on-unknown',
    bug: 'a swap whose outcome is unknown counts as lost, and the same change is committed again',
    changes: [
      {
        file: 'src/app/swap-table.ts',
        find: "if (pointer.metadataLocation === swap.next.metadataLocation) return 'committed';",
        replace: "if (pointer.metadataLocation !== '') return 'lost';",
      },
      {
        file: 'src/app/commit-table.ts',
        find: 'if (holdsCommit(base, commit)) return',
        replace: 'if (attempt < 0) return',
      },
      {
        file: 'src/app/commit-table.ts',
        find: 'const change = await options.build(base.metadata, attempt);',
        replace:
          'const change = (again ??= await options.build(base.metadata, attempt)); commit = newCommit(deps.random, base.metadata);',
      },
      {
        file: 'src/app/commit-table.ts',
        find: 'const commit = newCommit(deps.random, base.metadata);',
        replace:
          'let commit = newCommit(deps.random, base.metadata); let again: StagedChange | null = null;',
      },
    ],
  },
  {
    name: 'position-past-a-parked-batch',
    bug: 'a batch that has no room in a commit is passed by a later one of its source, whose position then stands for both',
    changes: [
      {
        file: 'src/app/commit-staged/open-parts.ts',
        find: 'if (!isAlike || !hasRoom || blocked.has(part.source)) {',
        replace: 'if (!isAlike || !hasRoom) {',
      },
    ],
  },
  {
    name: 'overwritten-staged-file',
    bug: 'staged files are named by their range alone, and written over',
    changes: [
      {
        file: 'src/app/stage-rows.ts',
        find: '{stagedName(sha256, nowMs)}.parquet`',
        replace: '{0}.parquet`',
      },
      {
        file: 'src/app/put-immutable.ts',
        find: "{ ifNoneMatch: '*' }",
        replace: '{}',
      },
    ],
  },
  {
    name: 'dedupe-before-commit',
    bug: 'events seen before are left out although nothing of them is committed yet',
    changes: [
      {
        file: 'src/app/stage/encode-table.ts',
        find: 'return [rows.filter((row) => !recent.has(hashes, row)), repeats];',
        replace: 'return [rows.filter((row) => !recent.has(hashes, row))];',
      },
      {
        file: 'src/app/stage/stage-batch.ts',
        find: 'const linked = await putLink',
        replace: 'rememberIds(deps, written);\n    const linked = await putLink',
      },
    ],
  },
  {
    name: 'parallelization-factor-2',
    bug: 'two batches of one shard are worked on at the same time',
    changes: [
      {
        file: 'test/chaos/simulation/shard-reader.ts',
        find: 'export const PARALLELIZATION_FACTOR = 1;',
        replace: 'export const PARALLELIZATION_FACTOR = 2;',
      },
    ],
  },
  {
    name: 'compaction-loses-positions',
    bug: 'the commit of a compaction says that nothing of any source is committed',
    changes: [
      {
        file: 'src/app/maintain/carried-states.ts',
        find: 'const states = readSourceStates(base);',
        replace: 'const states: SourceStates = new Map();',
      },
      {
        file: 'src/app/maintain/carried-states.ts',
        find: 'states.size === 0 ? {} :',
        replace: '',
      },
      {
        file: 'src/app/maintain/carried-states.ts',
        find: 'readSourceStates, SOURCES_KEY }',
        replace: 'SOURCES_KEY, type SourceStates }',
      },
    ],
  },
  {
    name: 'link-before-files',
    bug: 'a batch is noted in its chain before its files are written',
    changes: [
      {
        file: 'src/app/stage-rows.ts',
        find: 'await putImmutable(store, filePath, bytes);',
        replace: 'void putImmutable(store, filePath, bytes).catch(() => {});',
      },
    ],
  },
  {
    name: 'counts-without-position',
    bug: 'a commit adds rows and counts of a source, but not how far it has come',
    changes: [
      {
        file: 'src/app/commit-staged/plan-group.ts',
        find: 'position: laterPosition(before?.position ?? null, link.last),',
        replace: 'position: before?.position ?? link.last,',
      },
    ],
  },
  {
    name: 'expiry-ignores-tags',
    bug: 'snapshots expire although a tag names them',
    changes: [
      {
        file: 'src/core/iceberg/transaction/expire-snapshots.ts',
        find: "if (ref.type === 'tag') return (_snapshot, place) => place === 0;",
        replace: "if (ref.type === 'tag') return () => false;",
      },
    ],
  },
  {
    name: 'wrong-winner',
    bug: 'of events that are the same one, the one that arrived last stays',
    changes: [
      {
        file: 'src/app/commit-staged/find-duplicates.ts',
        find: 'if (a.arrivalMs !== b.arrivalMs) return a.arrivalMs - b.arrivalMs;',
        replace: 'if (a.arrivalMs !== b.arrivalMs) return b.arrivalMs - a.arrivalMs;',
      },
    ],
  },
];

/** Bugs that no run has shown yet: they can be planted, but are no test. */
export const UNCAUGHT: readonly Mutant[] = [
  {
    name: 'orphan-removal-of-staged-files',
    bug: 'files that nobody has committed yet are deleted as orphans',
    changes: [
      {
        file: 'src/app/maintain/remove-orphans.ts',
        find: 'Math.min(startMs - options.minAgeMs, oldestMs - STAGING_MARGIN_MS)',
        replace: 'Math.min(startMs - options.minAgeMs, oldestMs + Number.MAX_VALUE)',
      },
      {
        file: 'src/app/maintain/remove-orphans.ts',
        find: 'else if (!staged.paths.has(uri))',
        replace: 'else',
      },
    ],
  },
  {
    name: 'compaction-ignores-new-deletes',
    bug: 'a compaction brings rows back that another engine deleted meanwhile',
    changes: [
      {
        file: 'src/app/maintain/compact-table.ts',
        find: 'return deleteFiles.every((file) => known.has(file.filePath) || !touched.has(scopeOf(file)));',
        replace: 'return [deleteFiles, known, touched].length > 0;',
      },
    ],
  },
  {
    name: 'recut-off-by-one',
    bug: 'of a batch that is in the table by half, the last row that is there is taken in again',
    changes: [
      {
        file: 'src/app/commit-staged/open-files.ts',
        find: 'return end !== null && comparePositions(rowPosition(row), end) <= 0;',
        replace: 'return end !== null && comparePositions(rowPosition(row), end) < 0;',
      },
    ],
  },
];

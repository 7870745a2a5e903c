import type { CompileJsonPath } from '#core/poll/json-document.ts';
import type { Stream } from '../project.ts';
import type { ConfigPath } from '../source/config-issue.ts';
import type { Reporter } from '../source/reporter.ts';

/** What the connectors of a domain are resolved with. */
export interface ConnectorContext {
  /** Streams of the domain. */
  readonly streams: readonly Stream[];
  readonly environmentNames: readonly string[];
  /** Left out, JSONPaths are not checked. */
  readonly compileJsonPath?: CompileJsonPath | undefined;
  readonly report: Reporter;
}

/** A connector's place in the file, and where its problems go. */
export interface ConnectorPlace {
  readonly path: ConfigPath;
  readonly report: Reporter;
}

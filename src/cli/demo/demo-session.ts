import type { FileAccess } from '#runtime/file-access.ts';
import type { FunctionAccess } from '#runtime/function-access.ts';
import type { LakeAccess } from '#runtime/lake-access.ts';
import type { LoadedProject } from '#runtime/load-project.ts';
import type { ProducerAccess } from '#runtime/producer-access.ts';
import type { CommandContext } from '../command.ts';
import type { LocalCloud } from '../local-cloud.ts';

/** What the steps of the demo share. */
export interface DemoSession {
  readonly context: CommandContext;
  readonly loaded: LoadedProject;
  readonly cloud: LocalCloud;
  readonly lake: LakeAccess;
  readonly producer: ProducerAccess;
  readonly files: FileAccess;
  readonly functions: FunctionAccess;
  readonly demoFile: string;
}

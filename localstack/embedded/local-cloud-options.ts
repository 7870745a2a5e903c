import type { BackendEndpoints } from '#runtime/backend-endpoints.ts';

export interface LocalCloudOptions {
  /** Folder of a synthesized cloud assembly. */
  readonly assemblyDir: string;
  /** Folder of the services' data; kept over restarts. */
  readonly stateDir: string;
  /** One log file per function, and one each for the deployment and the mappings. */
  readonly logDir: string;
  /** File that tells other processes where the endpoint is, written once everything is up. */
  readonly cloudFile: string;
  /** What `npm run kafka:up` wrote; read when the template has topics. @default no broker runs */
  readonly brokerFile?: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Services that other programs serve. @default none */
  readonly delegates?: BackendEndpoints;
}

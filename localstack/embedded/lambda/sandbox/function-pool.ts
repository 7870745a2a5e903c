import { randomUUID } from 'node:crypto';
import type { LambdaFunctionConfig } from '#embedded/services.ts';
import type { WatchedProcess } from './memory-watch.ts';
import type { OrphanGuard } from './orphan-guard.ts';
import { type InitFailure, type InvocationReport, Sandbox } from './sandbox.ts';
import type { SandboxIam } from './sandbox-session.ts';

export interface FunctionPoolOptions {
  readonly endpointUrl: string | null;
  readonly initTimeoutMs: number;
  /** A sandbox without work is ended after this time. */
  readonly idleTimeoutMs: number;
  readonly orphanGuard: OrphanGuard;
  readonly iam: SandboxIam | null;
  readonly onLine: (text: string) => void;
}

interface Job {
  readonly requestId: string;
  readonly payload: Buffer;
  readonly resolve: (report: InvocationReport) => void;
  readonly reject: (error: Error) => void;
}

/** The sandboxes of one function: warm ones are used again, new ones start up to the concurrency limit, the rest waits. */
export class FunctionPool {
  readonly #options: FunctionPoolOptions;
  readonly #sandboxes = new Set<Sandbox>();
  readonly #idleTimers = new Map<Sandbox, NodeJS.Timeout>();
  readonly #queue: Job[] = [];
  #runningJobs = 0;
  #config: LambdaFunctionConfig;
  #closed = false;

  constructor(config: LambdaFunctionConfig, options: FunctionPoolOptions) {
    this.#config = config;
    this.#options = options;
  }

  get config(): LambdaFunctionConfig {
    return this.#config;
  }

  /** False when the function's reserved concurrency is in use. */
  get hasRoom(): boolean {
    const { reservedConcurrency } = this.#config;
    if (reservedConcurrency === undefined) return true;
    return this.#runningJobs + this.#queue.length < reservedConcurrency;
  }

  get pids(): readonly number[] {
    return [...this.#sandboxes].flatMap((sandbox) => sandbox.pid ?? []);
  }

  get watched(): readonly WatchedProcess[] {
    return [...this.#sandboxes].flatMap((sandbox) => sandbox.watched ?? []);
  }

  /** Resolves with success or error of the function; rejects when the pool is closed. */
  invoke(payload: Buffer): Promise<InvocationReport> {
    if (this.#closed) return Promise.reject(stopping());
    return new Promise((resolve, reject) => {
      this.#queue.push({ requestId: randomUUID(), payload, resolve, reject });
      this.#pump();
    });
  }

  /** Invocations from now on run with this configuration; those under way end with the old one. */
  update(config: LambdaFunctionConfig): void {
    this.#config = config;
    for (const sandbox of this.#sandboxes) {
      if (sandbox.isIdle || sandbox.isStarting) void sandbox.kill();
    }
    this.#pump();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const sandboxes = [...this.#sandboxes];
    await Promise.all(sandboxes.map((sandbox) => sandbox.kill()));
    for (const job of this.#queue.splice(0)) job.reject(stopping());
  }

  #pump(): void {
    while (this.#queue.length > 0) {
      const idle = [...this.#sandboxes].find((sandbox) => sandbox.isIdle);
      if (idle !== undefined) {
        this.#assign(idle);
        continue;
      }
      const isComing = (sandbox: Sandbox) => sandbox.isStarting || sandbox.isReturning;
      const coming = [...this.#sandboxes].filter(isComing).length;
      const mayStart = this.#sandboxes.size < this.#config.maxConcurrency && !this.#closed;
      if (!mayStart || coming >= this.#queue.length) return;
      this.#startSandbox();
    }
  }

  #assign(sandbox: Sandbox): void {
    const job = this.#queue.shift();
    if (job === undefined) return;
    this.#stopIdleTimer(sandbox);
    this.#runningJobs++;
    void sandbox.run(job.requestId, job.payload).then((report) => {
      this.#runningJobs--;
      job.resolve(report);
    });
  }

  #startSandbox(): void {
    const sandbox = new Sandbox({
      config: this.#config,
      endpointUrl: this.#options.endpointUrl,
      initTimeoutMs: this.#options.initTimeoutMs,
      orphanGuard: this.#options.orphanGuard,
      iam: this.#options.iam,
      onLine: this.#options.onLine,
      onIdle: (idle) => this.#onIdle(idle),
      onDead: (dead, initFailure) => this.#onDead(dead, initFailure),
    });
    this.#sandboxes.add(sandbox);
    void sandbox.start();
  }

  #onIdle(sandbox: Sandbox): void {
    if (sandbox.config !== this.#config) {
      void sandbox.kill();
      return;
    }
    this.#pump();
    if (!sandbox.isIdle) return;
    const timer = setTimeout(() => void sandbox.kill(), this.#options.idleTimeoutMs);
    timer.unref();
    this.#idleTimers.set(sandbox, timer);
  }

  #onDead(sandbox: Sandbox, initFailure: InitFailure | null): void {
    this.#stopIdleTimer(sandbox);
    this.#sandboxes.delete(sandbox);
    // One start that fails costs one waiting invocation, so that a broken function answers instead of starting for ever.
    const isCurrent = sandbox.config === this.#config && !this.#closed;
    const job = initFailure !== null && isCurrent ? this.#queue.shift() : undefined;
    if (job !== undefined && initFailure !== null) {
      job.resolve({ outcome: initFailure(job.requestId), logTail: '', durationMs: 0 });
    }
    this.#pump();
  }

  #stopIdleTimer(sandbox: Sandbox): void {
    clearTimeout(this.#idleTimers.get(sandbox));
    this.#idleTimers.delete(sandbox);
  }
}

function stopping(): Error {
  return new Error('the local cloud is stopping and takes no more invocations');
}

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createIamService } from '#embedded/iam/iam-service.ts';
import { createScheduler, type SchedulerOptions } from '#embedded/scheduler/scheduler-service.ts';
import type { ScheduleConfig } from '#embedded/services.ts';
import { temporaryFolder } from '../assembly/assembly-fixture.ts';

const NOON = Date.UTC(2026, 0, 31, 12);
const SECOND = 1000;
const MINUTE = 60 * SECOND;

const EVERY_FIVE_MINUTES: ScheduleConfig = {
  name: 'ledger',
  arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/ledger',
  expression: 'rate(5 minutes)',
  timeZone: 'UTC',
  enabled: true,
  targetArn: 'arn:aws:lambda:us-east-1:000000000000:function:ledger',
  messageGroupId: null,
  deadLetterQueue: null,
  roleArn: 'arn:aws:iam::000000000000:role/schedule',
  input: '{"roll":"up"}',
  maxRetryAttempts: 3,
  maxEventAgeSeconds: 3600,
};

/** A scheduler on a clock that stands; invocations and notices are recorded with the minutes past noon. */
function startScheduler(
  options: Partial<SchedulerOptions> & {
    readonly state?: string;
    readonly nowMs?: () => number;
  } = {},
) {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const { state = folder.path, ...rest } = options;
  const clock = { nowMs: NOON };
  const calls: string[] = [];
  const notices: string[] = [];
  const scheduler = createScheduler({
    stateDir: state,
    lambda: {
      invokeLater: (_arn, payload) =>
        calls.push(`${(clock.nowMs - NOON) / MINUTE} ${payload.toString()}`),
    },
    onNotice: (text) => notices.push(text),
    nowMs: () => clock.nowMs,
    newId: () => 'id-1',
    ...rest,
  });
  /** Looks at the clock every second. */
  const run = (durationMs: number): void => {
    for (let passed = 0; passed < durationMs; passed += SECOND) {
      scheduler.tick();
      clock.nowMs += SECOND;
    }
  };
  return { scheduler, clock, calls, notices, run, state };
}

const minutesOf = (calls: readonly string[]): number[] =>
  calls.map((call) => Math.floor(Number(call.split(' ')[0])));

describe('a rate', () => {
  it('runs when the schedule is created and then on its grid', () => {
    const { scheduler, calls, run } = startScheduler();
    scheduler.ensureSchedule(EVERY_FIVE_MINUTES);
    run(16 * MINUTE);
    expect(calls).toEqual([0, 5, 10, 15].map((minute) => `${minute} {"roll":"up"}`));
  });

  it('keeps its grid over a restart and repeats no run', () => {
    const first = startScheduler();
    first.scheduler.ensureSchedule(EVERY_FIVE_MINUTES);
    first.run(6 * MINUTE);
    const second = startScheduler({ state: first.state });
    second.clock.nowMs = NOON + 6 * MINUTE;
    second.scheduler.ensureSchedule(EVERY_FIVE_MINUTES);
    second.run(5 * MINUTE);
    expect([minutesOf(first.calls), minutesOf(second.calls)]).toEqual([[0, 5], [10]]);
  });

  it('repeats no run when it restarts within the minute of one', () => {
    const first = startScheduler();
    first.scheduler.ensureSchedule(EVERY_FIVE_MINUTES);
    first.run(SECOND);
    const second = startScheduler({ state: first.state });
    second.clock.nowMs = NOON + 10 * SECOND;
    second.scheduler.ensureSchedule(EVERY_FIVE_MINUTES);
    second.run(MINUTE);
    expect(second.calls).toEqual([]);
  });

  it('starts a run whose time passed during a short restart', () => {
    const first = startScheduler();
    first.scheduler.ensureSchedule(EVERY_FIVE_MINUTES);
    first.run(MINUTE);
    const second = startScheduler({ state: first.state });
    second.clock.nowMs = NOON + 5 * MINUTE + 30 * SECOND;
    second.scheduler.ensureSchedule(EVERY_FIVE_MINUTES);
    second.run(SECOND);
    expect(second.calls).toHaveLength(1);
  });

  it('makes up no run that was missed while it was down', () => {
    const first = startScheduler();
    first.scheduler.ensureSchedule(EVERY_FIVE_MINUTES);
    first.run(MINUTE);
    const second = startScheduler({ state: first.state });
    second.clock.nowMs = NOON + 63 * MINUTE;
    second.scheduler.ensureSchedule(EVERY_FIVE_MINUTES);
    second.run(5 * MINUTE);
    expect(minutesOf(second.calls)).toEqual([65]);
  });

  it('makes up no run that was missed while the machine slept, and says so', () => {
    const { scheduler, clock, calls, notices, run } = startScheduler();
    scheduler.ensureSchedule(EVERY_FIVE_MINUTES);
    run(MINUTE);
    clock.nowMs = NOON + 63 * MINUTE;
    run(3 * MINUTE);
    expect(minutesOf(calls)).toEqual([0, 65]);
    expect(notices).toEqual(['schedule ledger: missed 2026-01-31T12:05:00.000Z; not made up']);
  });

  it('starts anew with another expression', () => {
    const { scheduler, calls, run } = startScheduler();
    scheduler.ensureSchedule(EVERY_FIVE_MINUTES);
    run(2 * MINUTE);
    scheduler.ensureSchedule({ ...EVERY_FIVE_MINUTES, expression: 'rate(2 minutes)' });
    run(5 * MINUTE);
    expect(minutesOf(calls)).toEqual([0, 2, 4, 6]);
  });
});

describe('a cron schedule', () => {
  it('waits for its time in its zone', () => {
    const { scheduler, calls, run } = startScheduler();
    scheduler.ensureSchedule({
      ...EVERY_FIVE_MINUTES,
      expression: 'cron(3 13 * * ? *)',
      timeZone: 'Europe/Berlin',
    });
    run(10 * MINUTE);
    expect(minutesOf(calls)).toEqual([3]);
  });
});

describe('a disabled schedule', () => {
  it('does not run', () => {
    const { scheduler, calls, run } = startScheduler();
    scheduler.ensureSchedule({ ...EVERY_FIVE_MINUTES, enabled: false });
    run(6 * MINUTE);
    expect(calls).toEqual([]);
  });
});

describe('payloads', () => {
  it('fill in the context attributes of the input', () => {
    const { scheduler, calls, run } = startScheduler();
    const input =
      '{"at":"<aws.scheduler.scheduled-time>","run":"<aws.scheduler.execution-id>","try":"<aws.scheduler.attempt-number>","of":"<aws.scheduler.schedule-arn>","else":"<aws.scheduler.other>"}';
    scheduler.ensureSchedule({ ...EVERY_FIVE_MINUTES, input });
    run(SECOND);
    expect(JSON.parse(calls[0]?.slice(2) ?? '')).toEqual({
      at: '2026-01-31T12:00:00Z',
      run: 'id-1',
      try: '1',
      of: EVERY_FIVE_MINUTES.arn,
      else: '<aws.scheduler.other>',
    });
  });

  it('are the default notification without an input', () => {
    const { scheduler, calls, run } = startScheduler();
    scheduler.ensureSchedule({ ...EVERY_FIVE_MINUTES, input: null });
    run(SECOND);
    expect(JSON.parse(calls[0]?.slice(2) ?? '')).toMatchObject({
      'detail-type': 'Scheduled Event',
      source: 'aws.scheduler',
      time: '2026-01-31T12:00:00Z',
      resources: [EVERY_FIVE_MINUTES.arn],
    });
  });
});

describe('a refused invocation', () => {
  /** Lambda that refuses the first so many invocations. */
  function refusing(times: number) {
    const tried: number[] = [];
    const clock = { nowMs: NOON };
    const lambda: SchedulerOptions['lambda'] = {
      invokeLater: () => {
        tried.push((clock.nowMs - NOON) / SECOND);
        if (tried.length <= times) throw new Error('Function not found: ledger');
      },
    };
    const started = startScheduler({ lambda, nowMs: () => clock.nowMs });
    const run = (seconds: number): void => {
      for (let passed = 0; passed < seconds; passed++) {
        started.scheduler.tick();
        clock.nowMs += SECOND;
      }
    };
    return { ...started, tried, run };
  }

  it('is tried again, each time later', () => {
    const { scheduler, tried, notices, run } = refusing(3);
    scheduler.ensureSchedule(EVERY_FIVE_MINUTES);
    run(60);
    expect(tried).toEqual([0, 1, 3, 7]);
    expect(notices).toEqual(['schedule ledger: Function not found: ledger; trying again']);
  });

  it('is given up after as many retries as the policy has', () => {
    const { scheduler, tried, notices, run } = refusing(100);
    scheduler.ensureSchedule({ ...EVERY_FIVE_MINUTES, maxRetryAttempts: 2 });
    run(60);
    expect(tried).toEqual([0, 1, 3]);
    expect(notices.at(-1)).toMatch(/given up after 3 attempts: Function not found/);
  });

  it('is given up when it is too old', () => {
    const { scheduler, tried, run } = refusing(100);
    scheduler.ensureSchedule({
      ...EVERY_FIVE_MINUTES,
      maxRetryAttempts: 185,
      maxEventAgeSeconds: 60,
    });
    run(200);
    expect(tried).toEqual([0, 1, 3, 7, 15, 31]);
  });

  it('is one that the role does not allow', () => {
    const iam = createIamService();
    const trust = {
      Statement: [
        {
          Effect: 'Allow' as const,
          Action: 'sts:AssumeRole',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } },
        },
      ],
    };
    iam.ensureRole({ name: 'schedule', arn: EVERY_FIVE_MINUTES.roleArn, trust, policies: [] });
    const { scheduler, calls, notices, run } = startScheduler({ iam });
    scheduler.ensureSchedule({ ...EVERY_FIVE_MINUTES, maxRetryAttempts: 0 });
    run(SECOND);
    expect(calls).toEqual([]);
    expect(notices[0]).toMatch(/not authorized to perform: lambda:InvokeFunction/);
    const { targetArn } = EVERY_FIVE_MINUTES;
    const grant = {
      Effect: 'Allow' as const,
      Action: 'lambda:InvokeFunction',
      Resource: targetArn,
    };
    iam.ensureRolePolicy('schedule', { name: 'invoke', document: { Statement: [grant] } });
    run(6 * MINUTE);
    expect(minutesOf(calls)).toEqual([5]);
    expect(iam.journal()).toContainEqual(
      expect.objectContaining({
        principal: 'schedule',
        action: 'lambda:InvokeFunction',
        allowed: true,
      }),
    );
  });
});

it('refuses a state file that is not its own', () => {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  writeFileSync(path.join(folder.path, 'schedules.json'), '{"version":2}');
  expect(() => startScheduler({ state: folder.path })).toThrow(
    expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
  );
});

describe('a queue as target', () => {
  const queue = 'arn:aws:sqs:us-east-1:000000000000:runs.fifo';
  const letters = 'arn:aws:sqs:us-east-1:000000000000:letters';
  const schedule = {
    ...EVERY_FIVE_MINUTES,
    targetArn: queue,
    messageGroupId: 'runs',
    deadLetterQueue: letters,
    maxRetryAttempts: 1,
  };

  it('gets a message per run', () => {
    const sent: unknown[] = [];
    const send = (arn: string, message: unknown): string => String(sent.push([arn, message]));
    const { scheduler, run } = startScheduler({ sqs: { send } });
    scheduler.ensureSchedule(schedule);
    run(SECOND);
    expect(sent).toEqual([[queue, { body: '{"roll":"up"}', groupId: 'runs' }]]);
  });

  it('that takes no message leads to a dead letter that says why', () => {
    const sent: { arn: string; body: string; attributes?: object }[] = [];
    const send = (arn: string, message: { body: string; attributes?: object }): string => {
      if (arn === queue) throw new Error('no such queue');
      return String(sent.push({ arn, ...message }));
    };
    const { scheduler, run } = startScheduler({ sqs: { send } });
    scheduler.ensureSchedule(schedule);
    run(MINUTE);
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    expect(sent).toEqual([
      {
        arn: letters,
        body: '{"roll":"up"}',
        attributes: {
          ERROR_CODE: text('TargetError'),
          ERROR_MESSAGE: text('no such queue'),
          EXHAUSTED_RETRY_CONDITION: text('MaximumRetryAttempts'),
          RETRY_ATTEMPTS: text('1'),
          SCHEDULE_ARN: text(schedule.arn),
          TARGET_ARN: text(queue),
        },
      },
    ]);
  });
});

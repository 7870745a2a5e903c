import { describe, expect, it } from 'vitest';
import type { Domain } from '#core/config/project.ts';
import { MARKET, marketDeployment, PROD_ENVIRONMENT } from '../deployment-fixture.ts';
import { synthesizeTemplates } from '../market-templates.ts';

function templateOf(maintenance: Partial<Domain['maintenance']>) {
  const domain = { ...MARKET, maintenance: { ...MARKET.maintenance, ...maintenance } };
  const deployment = marketDeployment(PROD_ENVIRONMENT);
  const domains = deployment.domains.map((part) => ({
    ...part,
    domain: { ...part.domain, maintenance: domain.maintenance },
  }));
  return synthesizeTemplates({ ...deployment, domains }).processing;
}

const ROLE = { Description: 'Execution role of the market maintenance' };

describe('the maintenance of a domain', () => {
  const processing = templateOf({});
  const role = JSON.stringify(processing.findResources('AWS::IAM::Role', { Properties: ROLE }));

  it('runs on a schedule', () => {
    processing.hasResourceProperties('AWS::Scheduler::Schedule', {
      Name: 'sluice-prod-market-maintenance',
      ScheduleExpression: 'rate(60 minutes)',
    });
    processing.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'sluice-prod-market-maintenance',
      Timeout: 900,
    });
  });

  it.each([
    [60, { EvaluationPeriods: 3, DatapointsToAlarm: 2, Period: 3_600 }],
    [720, { EvaluationPeriods: 2, DatapointsToAlarm: 2, Period: 43_200 }],
    [1_440, { EvaluationPeriods: 1, DatapointsToAlarm: 1, Period: 86_400 }],
  ])('every %i minutes tells within a day that it fails', (everyMinutes, alarm) => {
    templateOf({ everyMinutes }).hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'sluice-prod-market-maintenance-errors',
      ...alarm,
    });
  });

  it('may delete below the tables of its domain only', () => {
    const places = role.match(/prod_market_bronze\/[a-z_]+\/\*/g) ?? [];
    expect(new Set(places)).toEqual(
      new Set(['trade', 'quote'].map((name) => `prod_market_bronze/${name}/*`)),
    );
    expect(role.match(/s3:DeleteObject/g)).toHaveLength(1);
    expect(role).not.toMatch(/athena:/);
  });

  it('asks Athena for tables that are left to it', () => {
    const asking = templateOf({ tables: { trade: { engine: 'athena' } } });
    const text = JSON.stringify(asking.findResources('AWS::IAM::Role', { Properties: ROLE }));
    expect(text).toMatch(/athena:StartQueryExecution/);
    asking.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'sluice-prod-market-maintenance',
      Environment: { Variables: { ATHENA_WORKGROUP: 'sluice-prod' } },
    });
  });

  it('leaves tables to the optimizers of Glue, with the proven age for orphans', () => {
    const glue = templateOf({ tables: { trade: { engine: 'glue' } } });
    glue.resourceCountIs('AWS::Glue::TableOptimizer', 3);
    glue.hasResourceProperties('AWS::Glue::TableOptimizer', {
      Type: 'orphan_file_deletion',
      TableName: 'trade',
      TableOptimizerConfiguration: {
        OrphanFileDeletionConfiguration: {
          IcebergConfiguration: { OrphanFileRetentionPeriodInDays: 30 },
        },
      },
    });
    processing.resourceCountIs('AWS::Glue::TableOptimizer', 0);
  });
});

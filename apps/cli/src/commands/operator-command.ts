import { AuthModule, OperatorsService } from '@app/auth';
import { Actor, CoreModule, createLogger, type ServiceConfig } from '@app/core';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { schema } from '../../../../migrations';
import type { Installation } from '../installation';
import { UsageError } from './usage.error';

@Module({})
class OperatorCommand {}

/** Runs `carillon operator reset-password <e-mail>`. @throws UsageError, OperatorNotFoundError, ConfigError */
export async function operatorCommand(
  [email, ...more]: readonly string[],
  installation: Installation,
): Promise<void> {
  if (email === undefined || more.length > 0) {
    throw new UsageError('operator reset-password wants one e-mail');
  }
  const password = await installation((config) => resetPassword(config, email));
  console.log(`The password of ${email} is ${password}
It is shown this once, and has to be changed after the next sign-in.`);
}

async function resetPassword(config: ServiceConfig, email: string): Promise<string> {
  const context = await NestFactory.createApplicationContext(
    {
      module: OperatorCommand,
      imports: [CoreModule.forRoot(config, schema, 'carillon command'), AuthModule],
    },
    { logger: createLogger(config), abortOnError: false },
  );
  try {
    const operators = context.get(OperatorsService, { strict: false });
    return await operators.resetForgotten(Actor.system('command line'), email);
  } finally {
    await context.close();
  }
}

import type { ApnsEnvironment } from '@app/push';
import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { countedConnectionOf } from '../kit/connection';
import { ApnsEnvironmentEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';

@ObjectType('Application', {
  description: 'One mobile app that receives pushes.',
})
export class ApplicationType {
  @Field(() => ID, { description: "A number; PowerAuth's appId." })
  id!: number;

  @Field(() => String, { description: 'What operators call it.' })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: "What the tokens of its users must have as `iss`; null where it doesn't matter.",
  })
  userTokenIssuer!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "What the tokens of its users must have as `aud`, alone or in a list; null where it doesn't matter.",
  })
  userTokenAudience!: string | null;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;
}

@ObjectType('Limits', { description: 'How fast an application may send.' })
export class LimitsType {
  @Field(() => Int, { description: 'Messages per second to APNs; 0 is unlimited.' })
  apnsPerSecond!: number;

  @Field(() => Int, { description: 'Messages per second to FCM; 0 is unlimited.' })
  fcmPerSecond!: number;
}

@ObjectType('ApnsCredential', {
  description: "What an application signs in to APNs with. Its key can't be read back.",
})
export class ApnsCredentialType {
  @Field(() => String, { description: 'Bundle id of the app: the topic.' })
  bundle!: string;

  @Field(() => String, { description: "Apple's id of the key." })
  keyId!: string;

  @Field(() => String, { description: "Apple's id of the developer team." })
  teamId!: string;

  @Field(() => ApnsEnvironmentEnum, { description: 'Which APNs service it is for.' })
  environment!: ApnsEnvironment;

  @Field(() => DateTime, { description: 'When it was set.' })
  updatedAt!: Date;
}

@ObjectType('FcmCredential', {
  description: "What an application signs in to FCM with. Its key can't be read back.",
})
export class FcmCredentialType {
  @Field(() => String, { description: 'Firebase project.' })
  projectId!: string;

  @Field(() => DateTime, { description: 'When it was set.' })
  updatedAt!: Date;
}

export const ApplicationConnection = countedConnectionOf(ApplicationType, 'Application');

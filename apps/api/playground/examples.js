// The daily tasks, each in steps. A test validates all of them against the schema. Variables that go on with what the
// steps before made are functions of its ids.

export const examples = [
  {
    task: 'Look around',
    title: 'Who am I?',
    query: `# Who the token says that you are, and what you may do.
query WhoAmI {
  viewer {
    kind
    operator { email role lastLoginAt }
    permissions
    applicationIds
  }
}`,
  },
  {
    task: 'Look around',
    title: 'Applications and their lanes',
    query: `# Which apps there are, and whether anything keeps their messages back.
query Overview {
  applications(first: 20) {
    edges {
      node {
        id
        name
        apns { bundle environment }
        fcm { projectId }
        limits { apnsPerSecond fcmPerSecond }
      }
    }
  }
  lanes {
    application { name }
    gateway
    perSecond
    pausedUntil
    breaker { since reason }
  }
}`,
  },
  {
    task: 'Set up an application',
    title: '1. Create an application',
    query: `mutation CreateApplication($name: String!) {
  createApplication(input: { name: $name }) { id name }
}`,
    variables: { name: 'Mobile bank' },
  },
  {
    task: 'Set up an application',
    title: '2. Configure APNs',
    query: `# privateKey is the text of Apple's .p8 file. It can't be read back.
mutation ConfigureApns($applicationId: ID!, $input: ApnsCredentialInput!) {
  configureApns(applicationId: $applicationId, input: $input) {
    id
    apns { bundle environment keyId teamId updatedAt }
  }
}`,
    variables: ({ application }) => ({
      applicationId: application,
      input: {
        bundle: 'com.example.bank',
        environment: 'PRODUCTION',
        keyId: 'KEYID12345',
        teamId: 'TEAMID1234',
        privateKey: '-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n',
      },
    }),
  },
  {
    task: 'Set up an application',
    title: '3. Configure FCM',
    query: `# serviceAccount is the text of the JSON file that Firebase gave you. It can't be read back.
mutation ConfigureFcm($applicationId: ID!, $input: FcmCredentialInput!) {
  configureFcm(applicationId: $applicationId, input: $input) {
    id
    fcm { projectId updatedAt }
  }
}`,
    variables: ({ application }) => ({
      applicationId: application,
      input: { projectId: 'my-project', serviceAccount: '{ "type": "service_account", … }' },
    }),
  },
  {
    task: 'Set up an application',
    title: '4. Limit its pace',
    query: `# Messages per second; 0 is unlimited. Workers follow within a second.
mutation SetLimits($applicationId: ID!, $input: LimitsInput!) {
  setLimits(applicationId: $applicationId, input: $input) {
    id
    limits { apnsPerSecond fcmPerSecond }
  }
}`,
    variables: ({ application }) => ({
      applicationId: application,
      input: { apnsPerSecond: 500, fcmPerSecond: 500 },
    }),
  },
  {
    task: 'Reach one user',
    title: '1. Register a device',
    query: `mutation RegisterDevice($input: RegisterDeviceInput!) {
  registerDevice(input: $input) {
    id
    platform
    registeredAt
    activations { id userId status }
  }
}`,
    variables: ({ application }) => ({
      input: {
        applicationId: application,
        platform: 'IOS',
        userId: 'alice',
        token: '00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0',
      },
    }),
  },
  {
    task: 'Reach one user',
    title: '2. Send to the user',
    query: `mutation Send($input: SendNotificationInput!) {
  sendNotification(input: $input) {
    id
    state
    counts { total pending accepted failed skipped }
  }
}`,
    variables: ({ application }) => ({
      input: {
        applicationId: application,
        userId: 'alice',
        message: { title: 'Card payment', body: '$12.50 at the bakery', sound: 'default' },
      },
    }),
  },
  {
    task: 'Reach one user',
    title: 'Why did someone not get it?',
    query: `# The user's devices, and what became of the latest messages to each. A retired device
# gets none: its token is dead. The reason is the gateway's own word, or ours.
query WhyNot($userId: String!) {
  user(userId: $userId) {
    devices(first: 5) {
      edges {
        node {
          application { name }
          platform
          retiredAt
          retiredReason
          activations { status }
        }
      }
    }
    notifications(first: 10) {
      edges {
        node {
          createdAt
          state
          message { title body }
          deliveries(first: 5) {
            edges { node { gateway state reason attempts finishedAt } }
          }
        }
      }
    }
  }
}`,
    variables: { userId: 'alice' },
  },
  {
    task: 'Run a campaign',
    title: '1. Create a campaign',
    query: `mutation CreateCampaign($input: CreateCampaignInput!) {
  createCampaign(input: $input) { id name state }
}`,
    variables: ({ application }) => ({
      input: {
        applicationId: application,
        name: 'Spring offer',
        message: { title: 'Spring offer', body: '3 % on savings until May' },
      },
    }),
  },
  {
    task: 'Run a campaign',
    title: '2. Add users',
    query: `# Up to 10 000 a call; who is in it already stays in it once.
mutation AddUsers($id: ID!, $userIds: [String!]!) {
  addCampaignUsers(id: $id, userIds: $userIds) {
    added
    campaign { users }
  }
}`,
    variables: ({ campaign }) => ({ id: campaign, userIds: ['alice', 'bob'] }),
  },
  {
    task: 'Run a campaign',
    title: '3. Launch it',
    query: `# Freezes the audience and starts to send.
mutation Launch($id: ID!) {
  launchCampaign(id: $id) { id name state launchedAt }
}`,
    variables: ({ campaign }) => ({ id: campaign }),
  },
  {
    task: 'Run a campaign',
    title: '4. Watch it',
    query: `# Shows the present state at once, and every change until the last delivery is done.
subscription Watch($id: ID!) {
  campaignProgress(id: $id) {
    state
    counts { total pending accepted failed skipped expired }
    perSecond
    estimatedEndAt
    reasons { state reason count }
    lanes { gateway perSecond pausedUntil breaker { since reason } }
  }
}`,
    variables: ({ campaign }) => ({ id: campaign }),
  },
  {
    task: 'Run a campaign',
    title: 'Pause, resume, cancel',
    query: `# The arrow of the run button chooses which.
mutation Pause($id: ID!) {
  pauseCampaign(id: $id) { id state }
}

mutation Resume($id: ID!) {
  resumeCampaign(id: $id) { id state }
}

mutation Cancel($id: ID!) {
  cancelCampaign(id: $id) { id state }
}`,
    variables: ({ campaign }) => ({ id: campaign }),
  },
  {
    task: 'Run a campaign',
    title: 'What failed, and why?',
    query: `query Failures($id: ID!) {
  campaign(id: $id) {
    name
    state
    counts { total accepted failed skipped expired }
    reasons { state reason count }
  }
  deliveries(filter: { campaignId: $id, state: FAILED }, first: 20) {
    edges {
      node {
        reason
        gateway
        finishedAt
        device { token retiredAt }
      }
    }
  }
}`,
    variables: ({ campaign }) => ({ id: campaign }),
  },
  {
    task: 'Who may what',
    title: 'Create an OAuth client',
    query: `mutation CreateClient($input: CreateClientInput!) {
  createClient(input: $input) { id name scopes applicationIds enabled }
}`,
    variables: ({ application }) => ({
      input: {
        clientId: 'billing',
        name: 'Billing',
        scopes: ['messages:send', 'devices:read'],
        applicationIds: [application],
        requireJti: true,
      },
    }),
  },
  {
    task: 'Who may what',
    title: 'Give a client a key',
    query: `# Its public key, or certificate, as PEM. For rotation it may have several.
mutation AddKey($input: AddKeyInput!) {
  addKey(input: $input) { id kid algorithm fingerprint notAfter enabled }
}`,
    variables: {
      input: {
        clientId: 'billing',
        description: 'Key of 2026',
        publicKey: '-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n',
      },
    },
  },
  {
    task: 'Who may what',
    title: 'Clients and their keys',
    query: `query Clients {
  clients(first: 20) {
    edges {
      node {
        id
        name
        enabled
        scopes
        applicationIds
        lastLoginAt
        keys { kid description algorithm notAfter enabled lastUsedAt }
      }
    }
  }
}`,
  },
  {
    task: 'Who may what',
    title: 'Audit trail',
    query: `# Who did what, newest first; failed logins too. Filter by action, target, or who it was.
query AuditTrail($filter: AuditEventFilterInput) {
  auditEvents(first: 20, filter: $filter) {
    edges {
      node { at actorKind actorId action target outcome reason address before after }
    }
  }
}`,
    variables: { filter: {} },
  },
];

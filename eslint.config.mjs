import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Who may import whom. Everything else between libs, and any import of an app, is refused. */
const layers = {
  core: [],
  audit: ['core'],
  idempotency: ['core', 'auth'],
  'personal-data': ['core', 'audit'],
  keys: ['core', 'audit'],
  http2: [],
  push: ['core', 'http2'],
  applications: ['core', 'audit', 'push'],
  auth: ['core', 'audit', 'keys', 'applications', 'personal-data'],
  devices: ['core', 'audit', 'applications', 'personal-data', 'push'],
  powerauth: ['core', 'devices'],
  delivery: ['core', 'audit', 'applications', 'devices', 'push'],
  provisioning: ['core', 'applications', 'auth', 'delivery', 'devices', 'keys', 'push'],
  campaigns: ['core', 'audit', 'applications', 'devices', 'delivery', 'personal-data'],
};
const libs = Object.keys(layers);

/** Which rooms a room may import. What stands above the rooms imports them, and none of them imports it. */
const roomsOfLibs = {
  core: {
    domain: [],
    config: [],
    http: ['config'],
    time: [],
    secrets: ['config', 'domain'],
    database: ['config', 'domain', 'secrets', 'time'],
    queues: ['config', 'database', 'time'],
    process: ['config', 'database', 'time'],
  },
  auth: {
    proof: [],
    limits: [],
    access: ['proof'],
    machines: ['proof'],
    operators: ['access', 'limits', 'proof'],
    'api-keys': ['access', 'machines', 'proof'],
    clients: ['access', 'limits', 'machines', 'proof'],
    'service-accounts': ['access', 'limits', 'machines', 'proof'],
    'push-sessions': ['limits', 'proof'],
  },
  http2: {
    frames: [],
    hpack: [],
    connection: ['frames', 'hpack'],
    server: ['connection', 'frames', 'hpack'],
  },
  push: {
    content: [],
    gateway: ['content'],
    http2: ['gateway'],
    apns: ['content', 'gateway', 'http2'],
    fcm: ['content', 'gateway', 'http2'],
  },
  delivery: {
    messages: [],
    doubt: [],
    lanes: ['messages'],
    chunks: ['lanes', 'messages'],
    outcomes: ['lanes', 'messages'],
    sending: ['chunks', 'doubt', 'lanes', 'messages'],
    campaigns: ['chunks', 'lanes', 'messages', 'sending'],
    notifications: ['chunks', 'lanes', 'messages', 'outcomes', 'sending'],
  },
  devices: {
    checks: [],
    people: ['checks'],
    device: ['people'],
    registration: ['checks', 'device'],
    activations: ['checks', 'device', 'registration'],
  },
};
const roomsOfSimulator = {
  devices: [],
  faults: [],
  wire: ['devices', 'faults'],
  apns: ['devices', 'faults', 'wire'],
  fcm: ['devices', 'faults', 'wire'],
  control: ['apns', 'devices', 'faults', 'fcm', 'wire'],
};
const belowEdges = ['access', 'http', 'idempotency'];
const roomsOfApi = {
  http: [],
  access: ['http'],
  idempotency: ['access', 'http'],
  health: ['access'],
  playground: ['access'],
  comapi: belowEdges,
  graphql: [...belowEdges, 'playground'],
  oauth: belowEdges,
  paymentsgate: belowEdges,
  powerauth: belowEdges,
  upload: belowEdges,
  openapi: ['access', 'paymentsgate', 'powerauth'],
};
const roomsOfGraphql = {
  kit: [],
  policy: ['kit'],
  subscriptions: ['kit', 'policy'],
  applications: ['kit'],
  audit: ['kit'],
  operators: ['kit'],
  profiles: ['kit'],
  keys: ['kit'],
  deliveries: ['kit'],
  devices: ['applications', 'kit'],
  lanes: ['applications', 'kit'],
  messages: ['applications', 'kit'],
  'push-profiles': ['applications', 'kit'],
  machines: ['kit'],
  'api-keys': ['kit', 'machines'],
  clients: ['keys', 'kit', 'machines'],
  'service-accounts': ['keys', 'kit', 'machines'],
  users: ['kit', 'profiles'],
  notifications: ['kit', 'messages'],
  viewer: ['kit', 'operators'],
  campaigns: ['kit', 'lanes', 'messages', 'notifications', 'users'],
  me: ['devices', 'kit', 'messages', 'profiles'],
  links: [
    'applications',
    'deliveries',
    'devices',
    'keys',
    'kit',
    'messages',
    'notifications',
    'users',
  ],
};
const transports = '^(@nestjs/(graphql|apollo|platform-[a-z]+)|@apollo/.*|graphql.*|fastify)($|/)';

const throughIndex = {
  regex: String.raw`^@app/(?!testing/)[^/]+/|^(\.\./)+(libs|migrations)/`,
  message: 'Through its index.ts only.',
};
const appsApart = {
  regex: String.raw`^(\.\./)+(api|worker|simulator|cli|standalone|bench)(/|$)`,
  message: 'Apps import libs only.',
};
const fromBelowEdges = {
  regex: String.raw`^\.\./\.\./(?!(${belowEdges.join('|')})/)`,
  message: 'The rooms of an edge import what stands below all edges.',
};
const testsOnly = { regex: '^@app/testing/', message: 'For tests and benches.' };
const isTest = [
  '**/*.{spec,e2e-spec,browser-spec}.ts',
  '**/test/**/*.ts',
  '{bench,libs/testing}/**/*.ts',
];
const restrictImports = (...patterns) => ({
  'no-restricted-imports': ['error', { patterns: [throughIndex, ...patterns] }],
});
const restrictSource = (...patterns) => restrictImports(testsOnly, ...patterns);
const layerPatterns = (lib) => {
  const mayNot = libs.filter((other) => !layers[lib].includes(other)).join('|');
  return [
    { regex: `^@app/(${mayNot})$`, message: `${lib} may not import it.` },
    { regex: String.raw`^(\.\./){2}`, message: 'Libs import libs only, by their names.' },
    { regex: transports, message: 'Libs know no transport.' },
    {
      regex: '^@nestjs/common$',
      importNamePattern: 'Exception$',
      message: 'Libs throw a DomainError.',
    },
  ];
};
const layer = (lib) => ({
  files: [`libs/${lib}/src/**/*.ts`],
  rules: restrictSource(...layerPatterns(lib)),
});
/** @param patterns hold for the whole folder */
const roomsIn = (folder, rooms, patterns) =>
  Object.entries(rooms).map(([room, may]) => {
    const mayNot = Object.keys(rooms).filter((other) => other !== room && !may.includes(other));
    return {
      files: [`${folder}/${room}/**/*.ts`],
      rules: restrictSource(
        ...patterns,
        {
          regex: String.raw`^\.\./(${mayNot.join('|')})/`,
          message: `${room} may not import that room.`,
        },
        {
          regex: String.raw`^\.\./[^/]+$`,
          message: 'A room imports nothing that stands above it.',
        },
      ),
    };
  });

const browserGlobals = Object.fromEntries(
  [
    'document',
    'location',
    'sessionStorage',
    'fetch',
    'URL',
    'FormData',
    'CloseEvent',
    'setTimeout',
    'clearTimeout',
  ].map((name) => [name, 'readonly']),
);

export default tseslint.config(
  { ignores: ['dist', 'coverage', 'data', 'node_modules', '**/*.mjs'] },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Nest classes are schemas, not nominal types: a resolver returns the entity where the GraphQL class is declared.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only libs/core/src/config/config.ts reads the environment.',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Ask the Clock.',
        },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Ask the Clock.' },
      ],
    },
  },
  { files: ['**/*.ts'], rules: restrictSource() },
  ...libs.map(layer),
  ...Object.entries(roomsOfLibs).flatMap(([lib, rooms]) =>
    roomsIn(`libs/${lib}/src`, rooms, layerPatterns(lib)),
  ),
  {
    files: ['apps/{api,worker,simulator,cli}/src/**/*.ts'],
    rules: restrictSource(appsApart),
  },
  ...roomsIn('apps/simulator/src', roomsOfSimulator, [appsApart]),
  ...roomsIn('apps/api/src', roomsOfApi, [appsApart]),
  ...roomsIn('apps/api/src/graphql', roomsOfGraphql, [appsApart, fromBelowEdges]),
  ...roomsIn('apps/api/src/powerauth', { reading: [], protocol: ['reading'] }, [
    appsApart,
    fromBelowEdges,
  ]),
  {
    files: ['apps/standalone/src/**/*.ts'],
    rules: restrictSource({
      regex: String.raw`^(\.\./)+(api|worker|simulator|cli)/src/(?!start$)`,
      message: 'Standalone composes apps through their start.ts or index.ts.',
    }),
  },
  {
    // Runs in browsers as it is: no types, and the page's own clock.
    files: ['apps/api/playground/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: browserGlobals },
    rules: { 'no-restricted-syntax': 'off', 'no-restricted-properties': 'off' },
  },
  {
    files: ['libs/core/src/config/config.ts', 'libs/core/src/time/clock.ts'],
    rules: { 'no-restricted-syntax': 'off', 'no-restricted-properties': 'off' },
  },
  {
    files: isTest,
    rules: {
      ...restrictImports(),
      'no-restricted-syntax': 'off',
      'no-restricted-properties': 'off',
    },
  },
  {
    files: ['libs/*/src/**/*.spec.ts'],
    rules: restrictImports({
      regex: String.raw`^(\.\./)+(apps|bench)/`,
      message: 'What the tests of libs share lies in libs/testing.',
    }),
  },
  ...libs.map((lib) => ({
    files: [`libs/${lib}/src/**/*.spec.ts`],
    ignores: ['**/*.db.spec.ts'],
    rules: restrictImports(...layerPatterns(lib)),
  })),
);

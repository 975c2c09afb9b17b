/** The lint rules: what the type checker and the formatter do not already say. The import table is test/architecture.test.ts. */
import tseslint from 'typescript-eslint'

const size = (lines, fn) => ({
  'max-lines': ['error', { max: lines, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: fn, skipBlankLines: true, skipComments: true, IIFEs: true }],
})

const restricted = [
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'Only server/config.ts reads the environment.',
  },
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  { selector: 'ExportAllDeclaration', message: 'Name what is exported.' },
]

/** Participles that do not say by whom or to whom: `visible`, `received`, `requested` and the like say it. */
const PLAIN_NAME =
  '^(?!(?:asked|known|told|said|standing|besides)(?![a-z]))(?!.*[a-z](?<!well)(?:Asked|Known|Told|Said|Standing|Besides)(?![a-z]))'

export default tseslint.config(
  { ignores: ['node_modules/', '.hub/', 'coverage/'] },
  ...tseslint.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-console': 'off',
      'no-restricted-syntax': ['error', ...restricted],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {
    files: ['server/**/*.ts'],
    rules: {
      ...size(400, 60),
      'max-depth': ['error', 4],
      'max-params': ['error', 4],
      'no-console': 'error',
      'id-match': ['error', PLAIN_NAME],
    },
  },
  { files: ['server/main.ts', 'server/cli/**'], rules: { 'no-console': 'off' } },
  { files: ['test/**/*.ts'], rules: { ...size(500, 400) } },
  {
    files: ['server/config.ts', 'scripts/**', 'test/**', 'bench/**'],
    rules: { 'no-restricted-syntax': ['error', ...restricted.slice(1)] },
  },
  { files: ['**/*.mjs', 'eslint.config.js'], rules: { 'no-restricted-syntax': 'off' } },
)

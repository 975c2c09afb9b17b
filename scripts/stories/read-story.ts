/**
 * Reads the stories of `samples/scenarios/stories`: Markdown, with the requests of each scene in its indented blocks. The page
 * `samples/scenarios/stories/README.md` describes the form for readers.
 */

/** One request of an agency, and what its answer must be. */
export type StoryRequest = {
  readonly kind: 'request'
  readonly line: number
  /** The agency as the hub calls it; `board` speaks without `X-Agency`. */
  readonly agency: string
  readonly verb: Verb
  /** A form (`create`), or a path. */
  readonly target: string
  readonly blanks: Blanks
  /** `with` lines: parameters of `call`. */
  readonly parameters: readonly StoryParameter[]
  /** `set` lines: the elements that `change` replaces. */
  readonly changes: readonly (readonly [element: string, value: string])[]
  /** `adds` lines: what `change` adds to a referral. */
  readonly additions: readonly string[]
  /** If-None-Exist. */
  readonly unless?: string
  /** What the answer says may take a moment: notifications follow the change that they tell of. */
  readonly isSoon: boolean
  readonly version?: string
  readonly status: number
  /** FHIRPath expressions of which each must be true of the answer. */
  readonly sees: readonly string[]
  /** Words that the answer must not contain. */
  readonly neverSees: readonly string[]
  /** Variable and FHIRPath of its value. */
  readonly remembers: readonly (readonly [name: string, expression: string])[]
}

export type StoryWait = { readonly kind: 'later'; readonly line: number; readonly until: string }
export type StoryStep = StoryRequest | StoryWait
export type StoryScene = { readonly title: string; readonly steps: readonly StoryStep[] }
export type Story = { readonly title: string; readonly scenes: readonly StoryScene[] }
export type Blanks = ReadonlyMap<string, string>

/** `with <name> <type> <value>`; of type `form`, the value is a form and its blanks; of type `parts`, `name:type=value` each. */
export type StoryParameter = { readonly name: string; readonly type: string; readonly value: string }

const VERBS = ['create', 'get', 'change', 'call', 'delete'] as const
const DETAILS = 'answer, sees, never sees, remember, set, adds, version, unless, soon, with'
type Verb = (typeof VERBS)[number]

/** Reads one story. Throws for a line that it does not understand, and for a request without an `answer`. */
export function readStory(text: string): Story {
  const [head = '', ...scenes] = text.split(/^## /m)
  let line = head.split('\n').length
  return {
    title: /^# (.+)$/m.exec(head)?.[1] ?? '',
    scenes: scenes.map((scene) => {
      const [title = '', ...lines] = scene.split('\n')
      const first = line + 1
      line += lines.length
      return { title, steps: readSteps(lines, first) }
    }),
  }
}

function readSteps(lines: readonly string[], first: number): readonly StoryStep[] {
  const steps: StoryStep[] = []
  lines.forEach((text, index) => {
    if (!text.startsWith('    ')) return
    const line = first + index
    const isDetail = text.startsWith('      ')
    if (isDetail) steps.push(withDetail(steps.pop(), text.trim(), line))
    else steps.push(readStep(text.trim(), line))
  })
  const open = steps.find((step) => step.kind === 'request' && step.status === 0)
  if (open) throw new Error(`line ${open.line}: the request has no \`answer\``)
  return steps
}

function readStep(text: string, line: number): StoryStep {
  const [agency = '', verb = '', ...rest] = text.split(' ')
  if (agency === 'later') return { kind: 'later', line, until: [verb, ...rest].join(' ') }
  const known = VERBS.find((one) => one === verb)
  if (!known) throw new Error(`line ${line}: \`${verb}\` is none of ${VERBS.join(', ')}`)
  const [target = '', ...blanks] = rest
  return {
    kind: 'request',
    line,
    agency,
    verb: known,
    target,
    blanks: readBlanks(blanks.join(' ')),
    parameters: [],
    changes: [],
    additions: [],
    isSoon: false,
    status: 0,
    sees: [],
    neverSees: [],
    remembers: [],
  }
}

/** `family=Lopez given="Ana Maria"` */
export const readBlanks = (text: string): Blanks =>
  new Map(
    [...text.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)].map(([, name = '', quoted, word]) => [name, quoted ?? word ?? '']),
  )

function withDetail(step: StoryStep | undefined, text: string, line: number): StoryRequest {
  if (step?.kind !== 'request') throw new Error(`line ${line}: \`${text}\` belongs to no request`)
  const [word = '', ...words] = text.split(' ')
  const rest = words.join(' ')
  const [name = '', value = ''] = rest.split(/ = (.*)/s)
  switch (word) {
    case 'answer':
      return { ...step, status: Number(rest) }
    case 'sees':
      return { ...step, sees: [...step.sees, rest] }
    case 'never':
      return { ...step, neverSees: [...step.neverSees, rest.replace(/^sees /, '')] }
    case 'remember':
      return { ...step, remembers: [...step.remembers, [name, value]] }
    case 'set':
      return { ...step, changes: [...step.changes, [name, value]] }
    case 'adds':
      return { ...step, additions: [...step.additions, rest] }
    case 'unless':
      return { ...step, unless: rest }
    case 'soon':
      return { ...step, isSoon: true }
    case 'version':
      return { ...step, version: rest }
    case 'with': {
      const [parameter = '', type = '', ...values] = words
      return { ...step, parameters: [...step.parameters, { name: parameter, type, value: values.join(' ') }] }
    }
    default:
      throw new Error(`line ${line}: \`${word}\` is none of ${DETAILS}`)
  }
}

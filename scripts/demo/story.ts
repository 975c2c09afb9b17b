/**
 * The story of Elvis (WIOA hub nomination, 2019): who does what, what must come of it, and who must be told. He is out
 * of work, has no diploma, drove trucks in the Army, and wants to be a diesel mechanic.
 */
import type { Agency, Heard } from './cast.ts'
import type { Facts } from './protocol.ts'

/** Gives a cue, and answers what came of it. */
export type Play = (agency: Agency, cue: string, facts?: Facts) => Promise<Facts>
export type Expect = (name: string, held: boolean, seen?: string) => boolean

export type Scene = {
  readonly title: string
  readonly play: (play: Play, expect: Expect) => Promise<void>
  /** Everything that agencies are told because of this scene. */
  readonly told: Readonly<Partial<Record<Heard, number>>>
}

type Told = Scene['told']

/** The agencies that may know of every change of his profile since ABE serves him. */
const everybody = (topic: string, count = 1): Told =>
  Object.fromEntries((['ui', 'es', 'dhs', 'abe'] as const).map((agency) => [`${agency} ${topic}`, count]))

/** Those who follow his services and plans. */
const both = (topic: string, count = 1): Told => ({ [`es ${topic}`]: count, [`abe ${topic}`]: count })

let elvis = ''
let wages = ''

export const STORY: readonly Scene[] = [
  {
    title: '1. Elvis walks in at unemployment insurance (UI)',
    async play(play, expect) {
      await play('ui', 'hurry')
      elvis = (await play('ui', 'intake')).patient ?? ''
      const { location = '' } = await play('ui', 'again')
      expect('the refused duplicate points at the record that there is', location.endsWith(`/${elvis}`), location)
      await play('vr', 'peek', { patient: elvis })
    },
    told: { 'es service-enrolment': 2 },
  },
  {
    title: '2. UI refers him to employment services (ES), which is told and reads up on him',
    async play(play) {
      await play('ui', 'refer')
    },
    told: { 'es referral-created': 1 },
  },
  {
    title: '3. At home he signs up in the self-service of ES: no second record, no second intake',
    async play(play) {
      await play('es', 'self-service')
    },
    told: { 'ui participant-updated': 1, 'es participant-updated': 1, 'ui referral-status-changed': 1 },
  },
  {
    title: '4. He answers six questions; the hub proposes; he unchecks one referral',
    async play(play, expect) {
      const { rules } = await play('es', 'answers')
      expect('no diploma, a child, hunger: ABE, SNAP and TANF are proposed', rules === 'abe snap tanf', rules)
      const { statuses } = await play('es', 'confirm')
      expect(
        'the unchecked one is recorded as cancelled, the two others are sent',
        statuses === 'cancelled requested requested',
        statuses,
      )
    },
    told: { 'dhs referral-created': 2 },
  },
  {
    title: '5. Human services (DHS): not eligible for TANF; for SNAP he never came',
    async play(play) {
      await play('dhs', 'screen')
      await play('dhs', 'call')
    },
    told: { 'es referral-status-changed': 3 },
  },
  {
    title: '6. His tentative plan; then staff ask: "What about driving trucks?"',
    async play(play, expect) {
      await play('es', 'tentative-plan')
      const { status } = await play('es', 'trucks')
      expect('the plan is active', status === 'active', status)
      await play('es', 'counsel')
    },
    told: { 'es plan-updated': 3, 'es service-enrolment': 1, 'ui referral-status-changed': 2 },
  },
  {
    title: '7. UI writes his new address on an old copy: refused, reconciled, written',
    async play(play, expect) {
      const { changes = '0' } = await play('ui', 'address')
      expect('$reconcile shows what changed in between', Number(changes) > 0, changes)
    },
    told: { 'ui participant-updated': 1, 'es participant-updated': 1, 'dhs participant-updated': 1 },
  },
  {
    title: '8. ES refers him to adult basic education (ABE), which pulls what it needs',
    async play(play) {
      await play('es', 'refer-to-abe')
    },
    told: { 'abe referral-created': 1 },
  },
  {
    title: '9. He walks in at ABE',
    async play(play, expect) {
      const { expected } = await play('abe', 'arrives', { name: 'Elvis Example' })
      expect('ABE is already expecting him', expected === 'yes', expected)
      await play('abe', 'enrol')
    },
    told: {
      ...everybody('participant-updated'),
      ...both('service-enrolment'),
      ...both('plan-updated'),
      'es referral-status-changed': 2,
    },
  },
  {
    title: '10. He passes; ABE sends him back to ES',
    async play(play, expect) {
      const { pathway } = await play('abe', 'results')
      expect('with the equivalency he is on the training pathway', pathway === 'training', pathway)
      await play('abe', 'refer-back')
    },
    told: {
      // The certificate moves his pathway, and ABE then updates his profile.
      ...everybody('participant-updated', 2),
      ...both('service-enrolment'),
      ...both('plan-updated'),
      'es credential-added': 1,
      'es referral-status-changed': 1,
      'es referral-created': 1,
    },
  },
  {
    title: '11. ES pays for the truck driving school (WIOA Adult), and he earns the licence',
    async play(play) {
      await play('es', 'enrol')
      await play('es', 'licence')
      await play('es', 'working')
    },
    told: {
      ...everybody('participant-updated'),
      ...both('service-enrolment', 2),
      ...both('plan-updated', 2),
      'es credential-added': 1,
      'abe referral-status-changed': 3,
    },
  },
  {
    title: '12. His wages come in at UI; ES may not know of them',
    async play(play, expect) {
      wages = (await play('ui', 'wages')).wages ?? ''
      const { found } = await play('es', 'wages', { wages })
      expect('a search by ES finds no wages', found === '0', found)
    },
    told: {},
  },
  {
    title: '13. Two years later he is back: the college, and rehabilitation (VR), which he declines',
    async play(play) {
      await play('es', 'returns')
    },
    told: { 'college referral-created': 1, 'vr referral-created': 1 },
  },
  {
    title: '14. VR and the college take over',
    async play(play) {
      await play('vr', 'offer', { patient: elvis })
      await play('college', 'enrol')
    },
    told: { ...both('service-enrolment'), 'es referral-status-changed': 4 },
  },
  {
    title: '15. The college sends the diesel credential',
    async play(play) {
      await play('college', 'graduate')
    },
    told: { ...both('service-enrolment'), 'es credential-added': 1, 'es referral-status-changed': 1 },
  },
  {
    title: '16. Three certificates, the plan completed',
    async play(play, expect) {
      const { pathway } = await play('es', 'achieved')
      expect('trained, he is on the workforce pathway', pathway === 'workforce', pathway)
      const { certificates } = await play('es', 'certificates')
      expect('ES sees three certificates, of three agencies', certificates === '3', certificates)
    },
    // With the plan completed his pathway moves once more.
    told: { ...both('plan-updated'), ...everybody('participant-updated', 2), 'vr participant-updated': 2 },
  },
]

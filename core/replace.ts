import type { Client, Local, Mailbox, Session, Shared, State } from "./state.js";

/*
 * What is changed most is copied with its members spelled out: V8 takes ten times as long to spread an object and replace a member.
 */

export const withLocal = (
  { now, shared, local }: State,
  {
    clients = local.clients,
    subscribers = local.subscribers,
    observers = local.observers,
    claimants = local.claimants,
    mailboxes = local.mailboxes,
    attendees = local.attendees,
    signalChannels = local.signalChannels,
    negotiations = local.negotiations,
    directory = local.directory,
    expiring = local.expiring,
    repeatListAt = local.repeatListAt,
    announced = local.announced,
    ordering = local.ordering,
  }: Partial<Local>,
): State => ({
  now,
  shared,
  local: {
    clients,
    subscribers,
    observers,
    claimants,
    mailboxes,
    attendees,
    signalChannels,
    negotiations,
    directory,
    expiring,
    repeatListAt,
    announced,
    ordering,
  },
});

export const withShared = (
  shared: Shared,
  {
    settings = shared.settings,
    nextSeq = shared.nextSeq,
    sessions = shared.sessions,
    rooms = shared.rooms,
    unjoined = shared.unjoined,
    creators = shared.creators,
    holders = shared.holders,
    memberships = shared.memberships,
    doors = shared.doors,
    due = shared.due,
    nodes = shared.nodes,
    level = shared.level,
  }: Partial<Shared>,
): Shared => ({
  settings,
  nextSeq,
  sessions,
  rooms,
  unjoined,
  creators,
  holders,
  memberships,
  doors,
  due,
  nodes,
  level,
});

export const sessionWith = (
  session: Session,
  {
    id = session.id,
    generation = session.generation,
    seats = session.seats,
    created = session.created,
    knocks = session.knocks,
    member = session.member,
    isTicketDue = session.isTicketDue,
    awayUntil = session.awayUntil,
    node = session.node,
  }: Partial<Session>,
): Session => ({ id, generation, seats, created, knocks, member, isTicketDue, awayUntil, node });

export const clientWith = (
  client: Client,
  {
    id = client.id,
    session = client.session,
    generation = client.generation,
    dialect = client.dialect,
    member = client.member,
    token = client.token,
    claimed = client.claimed,
    verified = client.verified,
    paidUntilMicros = client.paidUntilMicros,
    refusedUntilMicros = client.refusedUntilMicros,
    saidUntilMicros = client.saidUntilMicros,
    channels = client.channels,
  }: Partial<Client>,
): Client => ({
  id,
  session,
  generation,
  dialect,
  member,
  token,
  claimed,
  verified,
  paidUntilMicros,
  refusedUntilMicros,
  saidUntilMicros,
  channels,
});

export const mailboxWith = (
  mailbox: Mailbox,
  {
    session = mailbox.session,
    client = mailbox.client,
    lastN = mailbox.lastN,
    heard = mailbox.heard,
    isAcknowledged = mailbox.isAcknowledged,
    kept = mailbox.kept,
    keptChars = mailbox.keptChars,
    droppedN = mailbox.droppedN,
    gap = mailbox.gap,
  }: Partial<Mailbox>,
): Mailbox => ({ session, client, lastN, heard, isAcknowledged, kept, keptChars, droppedN, gap });

# The pages of the registry: signing in, one's own account, people, keys, the audit trail.

# Shared by several pages.
save = Save
cancel = Cancel
copy = Copy
copied = Copied
email = E-mail
name = Name
language = Language
zone = Time zone
zone-hint = Start typing a city, such as Moscow or London.
roles = Roles
roles-none = No roles
made = Made
used = Last used
used-never = Never used
revoke = Revoke
revoked = revoked
revoke-of = Revoke { $name }
pages = Pages
pages-first = First page
pages-next = Next page
back-to-person = Back to the person
password-new = New password
password-again = The same once more
password-rule = { $count ->
    [one] At least { $count } character.
   *[other] At least { $count } characters. A few words that do not belong together are good.
  }

# What was done, said once at the top of the next page.
done-saved = Saved.
done-password = Your password is changed. All other sessions were signed out.
done-session = The session was ended.
done-sessions = All other sessions were ended.
done-ended = All sessions of this person were ended.
done-revoked = Revoked. It stops working at once.
done-granted = The role was given.
done-ungranted = The role was taken away.
done-blocked = Blocked. All sessions of this person were ended.
done-unblocked = Unblocked.
done-deleted = The person was deleted.
done-signed-out = You are signed out.
done-sent = The link is on its way to them in a letter.
done-welcome = Your password is set. Sign in with it.
done-reset-asked = If somebody has this e-mail here, a letter with a link is on its way to it. The link works once.
done-reset-noted = It is noted. Ask an administrator for a link to set a new password.
done-group-made = The group is there. Add its people.
done-group-added = They are in the group.
done-group-removed = They are not in the group any more.
done-group-handed-over = The group is handed over.
done-group-left = You left the group.
done-group-deleted = The group is deleted.

# Why a field was refused.
wrong-required = Please fill this in.
wrong-too-long = This is too long.
wrong-too-short = This is too short.
wrong-control-character = This contains characters that cannot be kept.
wrong-email = Enter an e-mail address such as anna@example.org.
wrong-taken = Another person has this address.
wrong-zone = There is no such time zone. Choose one of the list.
wrong-language = Choose one of the list.
wrong-scopes = Choose at least one.
wrong-again = The two are not the same.
wrong-current = This is not your current password.
wrong-same = This is your current password. Take another one.
wrong-password-common = This is among the first that a guesser tries. Take a few words that do not belong together.
wrong-password-about-you = Do not use your name, your address or the name of this house.
wrong-password-repetitive = This repeats the same few characters.
wrong-password-sequence = This follows the alphabet, the digits or a row of the keyboard.
wrong-date = Enter a date such as 2026-11-21.
wrong-id = This is not the id of a person.
wrong-other = This is not accepted. Check it and try again.

# Why an act was refused.
refused-credentials = The e-mail or the password is wrong. Check both and try again.
refused-blocked = You may not sign in for now. Ask an administrator why.
refused-wait = { $seconds ->
    [one] Too many tries. Wait for { $seconds } second, then try again.
   *[other] Too many tries. Wait for { $seconds } seconds, then try again.
  }
refused-stale = Somebody else changed this person meanwhile. Check what it says now and save again.
refused-last-admin = The house would be left without an administrator. Make another person administrator first.
refused-outranked = This person has a role that you do not have. Ask an administrator.
refused-admin-only = Only an administrator may do this.
refused-state = The state of this person does not allow it.
refused-no-email = This person has no e-mail address to sign in with. Enter one first.
refused-too-many = There are too many already. Revoke one that is not used.
refused-other = This was not possible. Nothing was changed.
refused-nobody = This is nobody of this house.
refused-not-active = They cannot sign in yet, so they cannot keep a group.
refused-not-in = They are not in this group.
refused-keeper-stays = Whoever keeps the group cannot leave it. Hand it over first, or delete it.
refused-too-many-members = A group has no more than 1000 people. Make another one.
refused-too-many-kept = Nobody keeps more than 50 groups. Delete one, or hand one over.
refused-too-many-memberships = They are in as many groups as anybody can be.

# Front page.
home-title = Welcome
home-hello = Good day, { $name }
home-lead = The people services of the city in one house: who is in, what is due, and who must hear of it.
home-how = Sign in with your e-mail address and password. If you were invited, open the link you received first.
home-yours = Here is what is yours, and what you look after.
home-account = Your account
home-profile = Your name, language and time zone
home-password = Change the password you sign in with
home-sessions = { $count ->
    [one] You are signed in on { $count } device
   *[other] You are signed in on { $count } devices
  }
home-app-passwords = { $count ->
    [0] For calendars and other programs
    [one] { $count } program has one
   *[other] { $count } programs have one
  }
home-groups = People who belong together
home-house = The house
home-people = Accounts, roles and invitations
home-keys = Access for other services
home-audit = Who did what, and when

# Sign-in and sign-out.
sign-in-password = Password
sign-in-forgot = Forgot your password?
forgotten-title = A new password
forgotten-lead = Enter your e-mail. If somebody has it here, a letter with a link to set a new password goes there.
forgotten-lead-admin = Enter your e-mail. Letters do not reach anybody from here yet, so an administrator gives you a link to set a new password: tell them that you asked.
forgotten-act = Ask for it

# Profile.
me-title = Profile
me-account = Account
me-theme = Theme on this device

# Own password.
password-title = Password
password-lead = After the change you stay signed in here; all your other sessions end.
password-current = Current password
password-change = Change the password

# Sessions.
sessions-title = Sessions
sessions-lead = { $count ->
    [one] You are signed in on { $count } device.
   *[other] You are signed in on { $count } devices. End those you do not know.
  }
sessions-here = this one
sessions-seen = Last seen
sessions-started = signed in
sessions-end = End
sessions-end-of = End the session on { $device }
sessions-end-others = End all other sessions
sessions-end-others-question = End all other sessions?
sessions-end-others-outcome = You stay signed in here. Everywhere else your password will be needed again.
sessions-only = This is your only session.
device-on = { $browser } on { $system }
device-unknown = Unknown device

# App passwords.
app-passwords-title = App passwords
app-passwords-lead = Calendars and other programs that cannot sign in by a page use a password of their own. Each can be revoked without touching the others.
app-passwords-none = You have no app passwords. Make one for each program.
app-passwords-new = New app password
app-passwords-name = What is it for?
app-passwords-name-hint = For example: calendar on the phone
app-passwords-make = Make an app password
app-passwords-once = The password for { $name }
app-passwords-once-advice = Enter it in the program now. It is not shown again.
app-passwords-revoke-question = Revoke the app password { $name }?
app-passwords-revoke-outcome = The program that uses it will no longer get in.

# Groups.
groups-title = Groups
groups-lead = People who belong together: a choir, a class, a crew. A calendar can be shared with all of them at once.
groups-none = You are in no group yet. Make one, and add its people.
groups-people = { $count ->
    [one] { $count } person
   *[other] { $count } people
  }
groups-kept = you keep it
groups-new = New group
groups-name = Name
groups-name-hint = For example: parents of class 5b
groups-make = Make the group
groups-all = All groups of the house
groups-all-none = There is none yet.
groups-back = All my groups
group-keeper = keeps the group
group-hand-over = Hand over
group-hand-over-to = Hand the group over to { $name }
group-remove = Take out
group-remove-of = Take { $name } out of the group
group-leave = Leave the group
group-add-title = Add somebody
group-person = E-mail address
group-person-hint = Of somebody who signs in here.
group-add = Add
group-change = Name
group-delete = Delete the group
group-delete-question = Delete the group { $name }?
group-delete-outcome = Its people lose what is shared with the group.

# People.
people-title = People
people-search = Name or e-mail
people-state = State
people-any = Any
people-role = Role
people-any-role = With or without
people-find = Find
people-add = Add a person
people-none = Nobody fits this search.
people-all = Show all people
people-count = { $count ->
    [one] { $count } person
   *[other] { $count } people
  }
people-some = { $count ->
    [one] { $count } person on this page
   *[other] { $count } people on this page
  }
state-invited = invited
state-active = active
state-blocked = blocked
state-deleted = deleted
role-admin = Administrator
role-registrar = Registrar
role-auditor = Auditor
role-analyst = Analyst
nameless = No name

# A new person.
person-new-title = Add a person
person-new-lead = They will get a link to set a password with. Until letters are sent by themselves, you pass the link on.
person-new-add = Add and invite

# One person.
person-sessions-none = Not signed in anywhere.
person-audit = Latest acts
person-audit-all = All acts on this person
person-acts = Account
person-invite = Make an invitation link
person-reset = Make a link for a new password
person-block = Block
person-unblock = Unblock
person-end-sessions = End all sessions
person-export = Export everything held about them
person-delete = Delete
person-block-question = Block { $name }?
person-block-outcome = They are signed out everywhere and cannot sign in until you unblock them.
person-end-sessions-question = End all sessions of { $name }?
person-end-sessions-outcome = They will need their password again on every device.
person-delete-question = Delete { $name }?
person-delete-outcome = Name, address, password, sessions and roles are erased for good. Only the id stays, so that the audit trail still holds together.
grant-add = Give the role
grant-remove = Take away
grant-remove-of = Take away the role { $role }
grant-relation = Role
link-invitation = Invitation
link-once = A link for { $name }
link-reset = New password
link-advice = Pass it on to them. It works once, until { $until }, and is not shown again.

# API keys.
keys-title = API keys
keys-lead = Other services use a key to ask this house. A key opens only what its scopes say.
keys-none = There are no keys yet.
keys-new = New key
keys-name = Which service is it for?
keys-scopes = What it opens
keys-make = Make a key
keys-once = The key for { $name }
keys-once-advice = Give it to the service now. It is not shown again.
keys-revoke-question = Revoke the key { $name }?
keys-revoke-outcome = The service that uses it will no longer get in.
scope-metrics-read = see the metrics
scope-people-read = read people
scope-people-write = add and change people
scope-people-replicate = feed people from elsewhere
scope-audit-read = read the audit trail

# Audit trail.
audit-title = Audit trail
audit-act = Act
audit-from = From
audit-until = To
audit-on = On (id)
audit-of = By (id)
audit-show = Show
audit-none = Nothing was done that fits.
audit-by = by
actor-nobody = somebody not signed in
actor-person = a person
actor-key = an API key
actor-house = the house
detail-app-password = app password
detail-count = count
detail-failures = wrong tries
detail-fields = fields
detail-key = key
detail-keeper = keeper
detail-person = person
detail-relation = role
detail-scope = where
detail-scopes = scopes
detail-session = session
detail-state = state
act-person-created = Person added
act-person-changed = Person changed
act-person-blocked = Person blocked
act-person-unblocked = Person unblocked
act-person-deleted = Person deleted
act-person-exported = Person exported
act-person-retired = Person no longer in the source
act-grant-added = Role given
act-grant-removed = Role taken away
act-invitation-issued = Invitation made
act-invitation-accepted = Invitation accepted
act-reset-asked = New password asked for
act-reset-issued = Link for a new password made
act-reset-accepted = New password set by link
act-password-changed = Password changed
act-session-started = Signed in
act-sign-in-refused = Sign-in refused
act-sign-in-locked-out = Account locked for a while
act-session-ended = Signed out
act-session-revoked = Session ended
act-sessions-revoked = Sessions ended
act-session-theft = Stolen token noticed, session ended
act-key-created = API key made
act-key-revoked = API key revoked
act-app-password-created = App password made
act-app-password-revoked = App password revoked
act-sign-in-unlocked = Account unlocked
act-signing-key-rotated = Signing key renewed
act-group-created = Group made
act-group-renamed = Group renamed
act-group-handed-over = Group handed over
act-group-member-added = Person added to a group
act-group-member-removed = Person taken out of a group
act-group-deleted = Group deleted

# Links from invitations and for new passwords.
invitation-title = Welcome, { $name }
invitation-lead = Choose a password to sign in with.
reset-title = Set a new password
reset-lead = After this, all sessions of yours end and you sign in with the new password.
set-password = Set the password
link-gone-title = This link no longer works
link-gone-advice = It was used or is too old. Sign in if you have a password; ask for a new one if you forgot it. Whoever was invited asks an administrator for a new invitation.

# Letters.
letter-hello = Hello, { $name }!
letter-hello-nameless = Hello!
letter-link-until = The link works once, until { $until }.
letter-invitation-subject = You are invited to { $house }
letter-invitation-preview = Choose a password by { $until }, and you are in.
letter-invitation-body = There is an account for you at { $house }, the people services of the city. Choose a password, and sign in with { $email } from then on.
letter-invitation-act = Choose a password
letter-invitation-unexpected = If this means nothing to you, you need not do anything: without a password nobody can use the account.
letter-invitation-why = You get this letter because somebody who looks after people at { $house } invited { $email }.
letter-reset-subject = A new password for { $house }
letter-reset-preview = Choose it by { $until }.
letter-reset-body = You, or an administrator for you, asked for a new password for { $email }. All devices that are signed in now will have to sign in again.
letter-reset-act = Choose a new password
letter-reset-unexpected = If you did not ask for this, you need not do anything: the old password stays, and nobody else has this link.
letter-reset-why = You get this letter because a new password was asked for { $email } at { $house }.

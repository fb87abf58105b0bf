# Segments: who is in, why, and how that is changed.

segments-title = Segments
segments-search = Key, title or owner
segments-which = Which
which-active = active
which-archived = archived
segments-show = Show
segments-count = { $count ->
    [one] { $count } segment
   *[other] { $count } segments
  }, { $people }
segments-none = There are no segments yet. The first one is made in a minute.
segments-none-fits = No segment says so.
segments-all = Show all active segments
pages = Pages
pages-first = From the beginning
pages-next = More
people-count = { $count ->
    [one] { $shown } person
   *[other] { $shown } people
  }
members-of-all = { $people }, { $part } of all
members-ways = { $rollout } by rollout, { $draw } by draw, { $hand } by hand
step-next = from { $at } on { $share }
save = Save
back = Back
by-house = the house itself
by-person = a person of the house
by-key = a service
stale = Somebody else changed this segment after you had opened it. What you typed is still here; look at what stands now, and save again if yours is right.

# What a segment is called.
segment-new = New segment
segment-create = Create
segment-key = Key
segment-key-hint = How programs know it, for ever: 1 to 100 of A-Z a-z 0-9 _ - . such as VOICE_MESSAGES.
segment-title = Title
segment-owner = Owner
segment-owner-hint = The team that answers for it.
segment-description = Description
segment-archived = archived
segment-people = People
segment-overlap = Overlap
segment-about = Title, owner and description
segment-rule = Rule
segment-edit-rule = Edit the rule
segment-days = The last 31 days
days-said = { $joined } joined, { $left } left.
days-none = Nobody joined or left.
days-long = So much changed that counting it by day takes longer than a page may. A report has it all.
days-each = Day by day
segment-draws = Draws
segment-versions = Versions
segment-one = Segment
done-segment-created = The segment exists, and nobody is in it. Give it a rule, draw people or put them in by hand.
done-segment-saved = Saved
version-of = Version { $version }:
version-current = now
version-return = Return to it

# Rules.
rule-title = Rule of { $key }
rule-none = no rollout
rule-share = { $share } of all whom the rule asks for
rule-exact = exactly { $share } of those whom the rule asked for when it was saved
rule-step = from { $at } on { $share }
rule-step-done = since { $at } { $share }
rule-until = until { $at }
rule-over = over since { $at }
rule-where = where { $condition }
rule-include = only people of { $keys }
rule-exclude = nobody of { $keys }
rule-layer = cut from the layer { $name }
rule-hashing = points as { $name } computes them
rule-salt = under the salt { $salt }
rule-variants = variants: { $names }
where-language = the language is one of: { $values }
where-zone = the time zone is one of: { $values }
where-before = created before { $at }
where-since = created at { $at } or later
where-one-of = { $name } is one of: { $values }
where-none-of = { $name } is none of: { $values }
where-at-least = { $name } is at least { $number }
where-at-most = { $name } is at most { $number }
where-present = { $name } is known
where-absent = { $name } is not known
rule-share-field = Share, %
rule-share-hint = From 0 to 100 with at most 7 decimals. Empty: no rollout. A larger share takes nobody out.
rule-exact-field = Exactly this share
rule-exact-hint = of those whom the rule asks for when it is saved; saving or tuning again makes up for later drift
rule-steps-field = Steps
rule-steps-hint = From this instant on this share: one in a line, in their order.
rule-until-field = Until
until-hint = A date with or without a time, on your clocks, such as 2027-01-31 12:00. Empty: without end.
rule-among = Whom it asks for
rule-conditions-field = Conditions
rule-conditions-hint = One in a line; all of them must be true. Values with a comma stand in quotes; * is any value.
rule-include-field = Only people of all these segments
rule-include-hint = One key in a line.
rule-exclude-field = Nobody of any of these segments
rule-exclude-hint = One key in a line.
rule-layer-field = Layer
rule-layer-hint = Segments of one layer have nobody in common. Empty: independent of all others.
rule-variants-title = Variants
rule-variants-field = Names and weights
rule-variants-hint = None, or at least two: one in a line.
rule-preview = Preview
rule-wrong = Nothing was saved: correct what is marked above.
edit-does = This change adds { $adds ->
    [one] { $added } person
   *[other] { $added } people
  } and removes { $removed }. With it { $members } would be in.
done-rule-saved = The rule is saved and in force

# What is asked before it is done.
archive-ask = Archive { $key }?
archive-act = Archive
archive-does = It is taken from everybody at once ({ $people }), for ever. Its history stays, and its key is not given again.
archive-named = Rules of these segments name it, and will find nobody in it: { $keys }
done-archived = The segment is archived
end-ask = End the rollout of { $key }?
end-act = End the rollout
done-ended = The rollout is over
retune-ask = Tune { $key } again?
retune-act = Tune again
done-retuned = The share is exact again
return-ask = Return to this rule of { $key }?
return-act = Return to it
done-returned = The earlier rule is in force again

# Draws.
draws-none = Nobody was drawn.
draw-title = Draw people for { $key }
draw-lead = Once, at random, exactly this share of all who match now. They become members all at the same instant.
draw-share = Share, %
draw-share-hint = Of those who match, rounded to whole people.
draw-ends = Ends
draw-act = Draw people
draw-said = Draw { $number }: { $share } of { $matching }, { $drawn }
draw-until = until
draw-ended = ended
draw-drawing = being written
draw-failed = failed
draw-over = over
draw-seed = seed
draw-end-ask = End this draw of { $key }?
draw-end-act = End
draw-end-does = Whoever is in by this draw alone is out at once ({ $people } were drawn).
done-drawn = People are drawn
done-draw-ended = The draw is over

# Overlap.
overlap-title = Overlap of { $key }
overlap-with = With
overlap-hint = Up to 9 other segments: one key in a line.
overlap-act = Count
overlap-all = In all of them
overlap-any = In at least one
overlap-parts = { $ofone } of { $one }, { $ofother } of { $other }

# People.
members-title = People of { $key }
members-none = Nobody is in it.
put-in = Put in
take-out = Take out
put-until = Until
put-hint = Whoever is taken out by hand is shielded: neither the rollout nor a draw takes them in again.
done-put-in = The person is in
done-taken-out = The person is out, and shielded from rollout and draws
done-unchanged = Nothing changed: it was so already
person-look = What is somebody in?
person-id = Id of a person
person-id-hint = As it stands in the address of their page.
person-title = Segments of a person
person-in = In
person-in-none = In no segment.
person-out = Not in
person-points = For each rollout a person has one point from 0 to 9999, and is in while it is below the share: below 3000 at 30 %.
person-change = Change by hand
person-story = The last month
person-story-none = Nothing changed.
step-joined = joined
step-left = left
why-by-hand = by hand
why-by-hand-until = by hand, until { $until }
why-drawn = by draw { $draw } since { $since }
why-drawn-until = by draw { $draw } since { $since }, until { $until }
why-rollout = rollout: point { $point } of { $of }, rule version { $version }
why-beyond = beyond the share: point { $point }, and the rollout ends at { $of }
why-no-segment = the segment is archived
why-shielded = shielded: taken out by hand
why-held-out = kept out by the holdout { $name }
why-no-rollout = no rollout is running
why-condition = this is not true: { $condition }
why-not-in = not in { $key }, which the rule asks for
why-excluded = in { $key }, which the rule keeps out
cause-by-hand = by hand
cause-drawn = by draw
cause-rollout = by rollout
cause-no-segment = the segment was archived
cause-shielded = taken out by hand
cause-held-out = kept out by a holdout
cause-no-rollout = no rollout was running any more
cause-beyond-share = beyond the share
cause-condition = a condition was not true any more
cause-not-included = not in a segment that the rule asks for
cause-excluded = in a segment that the rule keeps out
cause-person-unknown = the person was deleted

# What is wrong.
wrong-line = Line { $line }: { $wrong }
wrong-empty = Please fill this in.
wrong-long = Use at most { $max } characters.
wrong-characters = Leave out control characters.
wrong-key = Use 1 to 100 of the characters A-Z a-z 0-9 _ - . without spaces.
wrong-taken = A segment has this key, or had it: history names it. Choose another one.
wrong-person = Enter the id of a person, such as 0190f3c2-7c1e-7a3b-9d54-6f2e8a1b0c9d.
wrong-nobody = Segments know nobody with this id. Whoever is new is known within seconds.
wrong-instant = Enter a date such as 2027-01-31, or with a time: 2027-01-31 12:00.
wrong-past = Enter an instant that is still to come.
wrong-share = Enter per cent from 0 to 100 with at most 7 decimals, such as 12.5.
wrong-no-share = Enter a share, or empty the other fields of the rollout.
wrong-exact = A layer has no exact shares. Leave one of the two out.
wrong-no-segment = There is no such segment.
wrong-archived = This segment is archived.
wrong-step = Write an instant and a share, such as: 2027-01-31 12:00 30
wrong-steps = Write at most 50 steps, in the order of their instants.
wrong-variant = Write a name and a whole number, such as: blue 50
wrong-variants = Write none, or 2 to 20 variants with different names and weights up to 1000000, not all 0.
wrong-condition = Write it as in one of the lines above.
wrong-language = Write en or ru.
wrong-zone = Write time zones of the IANA database, such as Europe/Moscow.
wrong-number = Write a number, such as 18.
wrong-values = Write 1 to 100 values with commas between them; those with a comma or a quotation mark stand in quotes.
wrong-many-conditions = Write at most 20 conditions.
wrong-many-segments = Name at most 50 segments.
wrong-exclude = Name at most 50 segments, and none that stands above, too.
wrong-cycle = The segment would depend on itself: { $way }. Leave one of these out.
wrong-layer = Other segments of this layer have too much of it. Ask for a smaller share, or name another layer.
wrong-hashing = This rollout has the points of another house, and cannot stand in a layer.
wrong-overlap = Name at most { $max } other segments.
wrong-drawn = This form has drawn already, and then it said something else. Open it anew for another draw.

# The page frame and the pages that tell of problems.

house = Townhall
you = You
skip = Skip to the content
nav = Main
footer = Townhall: the people services of the city
sign-in = Sign in
sign-out = Sign out
menu-profile = Profile
menu-password = Password
menu-sessions = Sessions
menu-letters = Letters
menu-app-passwords = App passwords
menu-groups = Groups
theme = Theme
theme-auto = As the system
theme-light = Light
theme-dark = Dark

date = { $day } { month } { $year }
weekday = { $weekday ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[7] Sunday
  }, { $day } { month }
month = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
  }

# What to do next, by the status of the answer.
problem-400 = The request could not be read
problem-400-advice = Go back, check what you entered and send it again.
problem-401 = Please sign in
problem-401-advice = This page is for people who are signed in. Sign in, and you will get here.
problem-403 = This is not open to you
problem-403-advice = Your roles do not cover this page. If you need it, ask an administrator of the house.
problem-404 = There is no such page
problem-404-advice = The address may be mistyped, or what was here is gone. Start from the front page.
problem-410 = This link is over
problem-410-advice = It was for a limited time, or was used up. Ask for a new one where you got it.
problem-409 = Somebody else was faster
problem-409-advice = What you changed has changed in the meantime. Go back, reload the page and try again.
problem-413 = That is too large
problem-413-advice = Send less at once.
problem-422 = Something in the form is not right
problem-422-advice = Go back and correct what is named here.
problem-429 = Too many tries
problem-429-advice = Wait for a while, then try again.
problem-429-wait = { $seconds ->
    [one] Wait for { $seconds } second, then try again.
   *[other] Wait for { $seconds } seconds, then try again.
  }
problem-500 = Something went wrong on our side
problem-500-advice = Nothing you sent was lost that we said we had. Try again; if it happens again, tell an administrator the number below.
problem-503 = The house is busy
problem-503-advice = Try again in a moment.
problem-home = To the front page
problem-request = Request

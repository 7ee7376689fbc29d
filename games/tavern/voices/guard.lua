-- Captain Bryn of the guard: clipped, formal, suspicious. No contractions, few verbs.
-- She trusts walls, ledgers and closed gates.
--
-- Each topic holds two lists: openings and follow-ups. Any opening may be followed
-- by any follow-up, so every pair has to read well together.

return {
  hello = {
    { "Halt. State your business.", "Evening, traveller.", "You there. Step into the light." },
    { "Keep your hands where I see them.", "I do not know your face.", "Be brief." },
  },
  name = {
    { "Captain Bryn.", "Bryn. Captain of the guard.", "I am Captain Bryn." },
    { "And your name?", "I command the gate.", "Remember it. I shall remember you." },
  },
  work = {
    { "I command the guard.", "I hold the gate.", "I keep the law in Wendle." },
    { "No one passes unseen.", "It is not a restful post.", "The rest is not your concern." },
  },
  mood = {
    { "On duty.", "Awake and armed.", "Fit for service." },
    { "Why do you ask, stranger?", "Ask the wolves how they are.", "I will rest when the gate is mended." },
  },
  food = {
    { "The stew is lawful.", "Marta serves stew.", "Rations are stew and bread." },
    { "Two coppers. Pay before you leave.", "I have inspected it. Twice.", "Eat. A guard marches on her stomach." },
  },
  ale = {
    { "I do not drink on duty.", "Ale is permitted. Brawling is not.", "Marta pours the ale." },
    { "One copper. One mug. No more.", "I count the mugs.", "Drunks sleep in my cell." },
  },
  bed = {
    { "Marta lets the rooms upstairs.", "A bed may be had of Marta.", "Take a bed here. Do not sleep in the street." },
    { "Three coppers. Sign the book.", "The cell is free, and colder.", "Bolt your door." },
  },
  prices = {
    { "A bed, three coppers. Stew, two. Ale, one.", "Posted price. Ale one, stew two, bed three.", "Ale one copper. Stew two. A bed three." },
    { "Theft costs you a hand.", "Pay in full.", "I have checked the ledger." },
  },
  price_bed = {
    { "Three coppers for a bed.", "A bed is three coppers.", "Three coppers a night. Fixed price." },
    { "Pay Marta, not me.", "Sign the guest book.", "No animals." },
  },
  price_stew = {
    { "Two coppers for stew.", "Stew is two coppers.", "Two coppers a bowl. Fixed price." },
    { "Return the spoon.", "Bread is included.", "The guard pays the same." },
  },
  price_ale = {
    { "One copper for ale.", "Ale is one copper.", "One copper a mug. Fixed price." },
    { "Do not make me count yours.", "Drink it sitting down.", "Finch owes for a dozen." },
  },
  bridge = {
    { "The bridge is broken. No crossing.", "The bridge fell in the spring flood.", "The spring flood broke the bridge." },
    { "Turn back.", "The south is cut off.", "Trespass on the ruin is a fine." },
  },
  mend = {
    { "When the king sends timber.", "Not before harvest.", "Repairs await timber." },
    { "I have written four times.", "Until then, no one crosses.", "Do not attempt to swim." },
  },
  river = {
    { "The Wend is in flood. Stay back.", "The river guards our south side.", "Keep off the river bank." },
    { "It does its duty.", "Two drowned this spring.", "I will not fish you out." },
  },
  mill = {
    { "The mill is Odo's. Private property.", "The mill feeds the town.", "I post a man at the mill by night." },
    { "Do not touch the wheel.", "If it burns, we starve.", "I know every sack in it." },
  },
  wolves = {
    { "The wolves come down from the north wood.", "Wolves. Seven, by the tracks.", "The wolves come at night. Stay inside." },
    { "They took Odo's goat.", "They grow bold. So do I.", "That is why the gate is shut." },
  },
  wood = {
    { "The north wood is closed.", "No one enters the north wood.", "The north wood belongs to the wolves." },
    { "By my order.", "I lost a good dog there.", "Patrols stop at the first trees." },
  },
  north = {
    { "The north road is open by day only.", "North road. Three days to the next wall.", "The north road leaves by my gate." },
    { "Travel armed.", "Why do you wish to leave?", "Wolves watch it after dusk." },
  },
  gate = {
    { "The gate shuts at dusk.", "The gate opens at dawn.", "No one passes the gate by night." },
    { "No exceptions.", "Not for coin. Not for tears.", "I hold the only key." },
  },
  king = {
    { "I serve King Osric.", "King Osric rules from the south.", "The king's law holds here." },
    { "Long may he reign. Where is my timber?", "Speak of him with care.", "I have his seal, not his soldiers." },
  },
  war = {
    { "The war is in the south.", "I do not discuss the war.", "I served in the war." },
    { "Six went from here. None are back.", "Are you a deserter?", "Here we hold the gate." },
  },
  rumours = {
    { "Rumour is not evidence.", "I deal in facts.", "One report on file." },
    { "A light on the hill. Unexplained.", "Half a boot was found at the gate.", "If you know more, speak." },
  },
  weather = {
    { "Rain. Poor sight from the wall.", "Cold. The watch is doubled.", "Fog by midnight." },
    { "Wolves like it. I do not.", "Oil your blade.", "Weather is no excuse." },
  },
  night = {
    { "Curfew is at dusk.", "The night watch is mine.", "At night, stay indoors." },
    { "What moves out there, I challenge.", "Carry a lamp and a reason.", "Listen. Hear them howl." },
  },
  songs = {
    { "I do not sing.", "Finch sings. It is not yet a crime.", "Songs end at curfew." },
    { "I do not hum, either.", "Marching songs are permitted.", "He was fined for the one about me." },
  },
  dragon = {
    { "There is no dragon.", "The dragon is a story.", "I searched the hill. No dragon." },
    { "Sheep. Forty of them.", "Do not spread alarm.", "Finch has been warned about this." },
  },
  gold = {
    { "What gold? Whose gold?", "Gold must be declared at the gate.", "There is no gold in Wendle." },
    { "Turn out your pockets.", "Thieves ask that first.", "A copper is enough for honest folk." },
  },
  help = {
    { "State the problem.", "Report it. Clearly.", "The guard will help. Speak." },
    { "Who, where and when?", "Is it wolves or thieves?", "Begin with the facts." },
  },
  quest = {
    { "I need eyes on the wall.", "I can use a steady spear.", "There are wolves to drive off." },
    { "Report at dawn. Sober.", "The pay is poor. The cause is good.", "Swear the oath first." },
  },
  where_mill = {
    { "The mill. Down the lane, by the river.", "South lane, to the river.", "From the square, down the lane." },
    { "State your business to Odo.", "Keep clear of the wheel.", "Do not stray from the path." },
  },
  where_gate = {
    { "North end of the street.", "The gate is at the north end.", "From the well, up the street, north." },
    { "My men will stop you there.", "Shut at dusk.", "Have your name ready." },
  },
  where_inn = {
    { "You are in it.", "This is the inn. The Mynah.", "You are standing in the inn." },
    { "Have you been drinking?", "The door is behind you.", "Wipe your boots." },
  },
  where_bridge = {
    { "Past the mill.", "The bridge is past the mill, on the river.", "Down the lane, past the mill." },
    { "It is broken. Keep off.", "My rope marks the edge.", "There is nothing to cross." },
  },
  where_market = {
    { "The market is in the square.", "In the square, by the well.", "Outside. The square." },
    { "Weights are checked daily.", "Watch your purse.", "It closes before curfew." },
  },
  place = {
    { "Wendle. The Mynah inn.", "This is Wendle, on the Wend.", "You are in Wendle. Under my guard." },
    { "How did you not know that?", "One gate. One law.", "Behave accordingly." },
  },
  who_marta = {
    { "Marta. Innkeeper. No offences.", "Marta keeps this inn.", "Marta is the innkeeper." },
    { "Her ledger is in order.", "Do not cross her.", "Her husband fell in the war." },
  },
  who_odo = {
    { "Odo. Miller. Quiet.", "Odo runs the mill.", "Odo is the miller." },
    { "One goat, deceased.", "Honest weights. I checked.", "He reported the bridge first." },
  },
  who_bryn = {
    { "I am Captain Bryn.", "Bryn. That is me.", "You are speaking to Captain Bryn." },
    { "Captain of the guard.", "Who sent you to ask?", "Stand up straight." },
  },
  who_finch = {
    { "Finch. Bard. Suspect.", "Finch is the bard.", "Finch. No fixed address." },
    { "Known to owe money.", "Two cautions for noise.", "Believe half. Then halve it." },
  },
  story = {
    { "I write reports. Not stories.", "A man broke curfew. He met me." },
    { "The end.", "Finch may embroider it." },
  },
  joke = {
    { "I have one joke. It is classified.", "A thief walked into a guard." },
    { "He is still in the cell.", "You may smile. Briefly." },
  },
  magic = {
    { "Magic is forbidden within the walls.", "I have seen no magic. Only tricks." },
    { "Are you carrying any?", "Charms are taxed." },
  },
  family = {
    { "The guard is my family.", "One brother. He went to the war.", "That is a personal matter." },
    { "We do not speak of it.", "Move along.", "Next question." },
  },
  age = {
    { "Old enough to command.", "Twenty winters on this wall." },
    { "My age is not in the law.", "Ask my boots." },
  },
  threat = {
    { "Drop it. Now.", "That is a threat. I have noted it.", "Try it. I have a cell ready." },
    { "My blade is out. Yours is slow.", "You have one warning.", "On your knees. Hands up." },
  },
  love = {
    { "Denied.", "I am on duty.", "That is out of order." },
    { "Put it in writing.", "I am sworn to the gate.", "We shall never speak of this." },
  },
  real = {
    { "I am flesh, bone and steel.", "A machine? I am the captain." },
    { "Doubt me and meet my cell.", "Explain yourself." },
  },
  player = {
    { "Noted. It goes in the book.", "So you say.", "I shall check that." },
    { "Have you papers?", "Can anyone vouch for you?", "You are being watched." },
  },
  yes = {
    { "Good. Carry on.", "Confirmed." },
    { "Do not change your answer.", "Anything to add?" },
  },
  no = {
    { "Refusal noted.", "Then stand aside." },
    { "Explain yourself.", "I did not ask twice." },
  },
  sorry = {
    { "Apology recorded.", "See that it ends here." },
    { "No fine this time.", "You are free to go." },
  },
  thanks = {
    { "It is my duty.", "No thanks needed.", "Thanks noted." },
    { "Stay out of trouble.", "Now move along.", "Repay it. Obey the law." },
  },
  bye = {
    { "Dismissed.", "Move along, then.", "Goodnight, traveller." },
    { "Do not be out after dusk.", "I shall watch you go.", "Stay inside the walls." },
  },
  insult = {
    { "Insulting an officer. Noted.", "Say that again. Slowly.", "Careful, traveller." },
    { "The fine is one night in my cell.", "I have a long memory.", "Wolves have better manners." },
  },
  unknown = {
    { "I have no report of that.", "That is not guard business.", "Unknown. Explain yourself." },
    { "Ask about the gate or the law.", "Speak plainly.", "Ask me about wolves." },
  },
}

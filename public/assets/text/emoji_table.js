// The emoji that are used most. name character …

export const TABLE = `
smile 😄 smiley 😃 grin 😁 grinning 😀 laughing 😆 sweat_smile 😅 joy 😂 rofl 🤣 slight_smile 🙂 upside_down 🙃 wink 😉 blush 😊
innocent 😇 heart_eyes 😍 star_struck 🤩 kissing_heart 😘 yum 😋 stuck_out_tongue 😛 zany 🤪 money_mouth 🤑 hugs 🤗 shushing 🤫
thinking 🤔 zipper_mouth 🤐 raised_eyebrow 🤨 neutral 😐 expressionless 😑 no_mouth 😶 smirk 😏 unamused 😒 eye_roll 🙄 grimacing 😬
relieved 😌 pensive 😔 sleepy 😪 sleeping 😴 mask 😷 sick 🤒 nauseated 🤢 sneezing 🤧 hot 🥵 cold 🥶 dizzy 😵 exploding 🤯 cowboy 🤠
partying 🥳 cool 😎 nerd 🤓 confused 😕 worried 😟 frowning 🙁 open_mouth 😮 astonished 😲 flushed 😳 pleading 🥺 cry 😢 sob 😭
scream 😱 disappointed 😞 sweat 😓 weary 😩 tired 😫 yawning 🥱 triumph 😤 rage 😡 angry 😠 skull 💀 poop 💩 clown 🤡 ghost 👻
alien 👽 robot 🤖 see_no_evil 🙈 hear_no_evil 🙉 speak_no_evil 🙊 heart ❤️ orange_heart 🧡 yellow_heart 💛 green_heart 💚
blue_heart 💙 purple_heart 💜 black_heart 🖤 broken_heart 💔 sparkling_heart 💖 100 💯 boom 💥 wave 👋 raised_hand ✋ vulcan 🖖
ok_hand 👌 pinched 🤌 v ✌️ crossed_fingers 🤞 rock_on 🤘 call_me 🤙 point_left 👈 point_right 👉 point_up 👆 point_down 👇 +1 👍
thumbsup 👍 -1 👎 thumbsdown 👎 fist ✊ punch 👊 clap 👏 raised_hands 🙌 open_hands 👐 handshake 🤝 pray 🙏 writing_hand ✍️ muscle 💪
ear 👂 eyes 👀 brain 🧠 shrug 🤷 facepalm 🤦 bow 🙇 dancer 💃 runner 🏃 dog 🐶 cat 🐱 mouse 🐭 fox 🦊 bear 🐻 panda 🐼 monkey 🐵
chicken 🐔 penguin 🐧 bird 🐦 owl 🦉 unicorn 🦄 bee 🐝 bug 🐛 butterfly 🦋 snail 🐌 turtle 🐢 snake 🐍 octopus 🐙 fish 🐟 whale 🐳
bouquet 💐 rose 🌹 sunflower 🌻 seedling 🌱 tree 🌳 cactus 🌵 clover 🍀 leaves 🍃 mushroom 🍄 apple 🍎 banana 🍌 grapes 🍇 lemon 🍋
strawberry 🍓 avocado 🥑 bread 🍞 cheese 🧀 egg 🥚 pizza 🍕 burger 🍔 fries 🍟 ramen 🍜 sushi 🍣 cookie 🍪 cake 🍰 birthday 🎂
chocolate 🍫 coffee ☕ tea 🍵 beer 🍺 beers 🍻 wine 🍷 champagne 🍾 clinking_glasses 🥂 earth 🌍 sun ☀️ cloud ☁️ rain 🌧️ snowflake ❄️
umbrella ☔ rainbow 🌈 zap ⚡ fire 🔥 droplet 💧 ocean 🌊 moon 🌙 star ⭐ sparkles ✨ tada 🎉 confetti 🎊 balloon 🎈 gift 🎁
trophy 🏆 medal 🏅 soccer ⚽ basketball 🏀 dart 🎯 game 🎮 die 🎲 art 🎨 music 🎵 guitar 🎸 microphone 🎤 headphones 🎧 movie 🎬
camera 📷 tv 📺 computer 💻 keyboard ⌨️ phone 📱 battery 🔋 bulb 💡 book 📖 books 📚 pencil ✏️ memo 📝 mail ✉️ inbox 📥 package 📦
calendar 📅 chart 📈 pushpin 📌 paperclip 📎 scissors ✂️ lock 🔒 unlock 🔓 key 🔑 hammer 🔨 wrench 🔧 gear ⚙️ link 🔗 magnet 🧲
microscope 🔬 rocket 🚀 airplane ✈️ car 🚗 bus 🚌 train 🚆 bike 🚲 ship 🚢 house 🏠 office 🏢 hospital 🏥 school 🏫 alarm ⏰
hourglass ⏳ watch ⌚ bell 🔔 no_bell 🔕 loudspeaker 📢 speech 💬 thought 💭 zzz 💤 warning ⚠️ no_entry ⛔ construction 🚧
check ✅ x ❌ question ❓ exclamation ❗ plus ➕ minus ➖ infinity ♾️ recycle ♻️ copyright ©️ red_circle 🔴 green_circle 🟢
yellow_circle 🟡 blue_circle 🔵 white_flag 🏳️ rainbow_flag 🏳️‍🌈 checkered_flag 🏁 up ⬆️ down ⬇️ left ⬅️ right ➡️`;
